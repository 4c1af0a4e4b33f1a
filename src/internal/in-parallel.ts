/** Runs `work` over the items, `width` at a time. The first failure ends it, once those under way have settled. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  let ended = false
  const lane = async (): Promise<void> => {
    for (const item of rest) {
      if (ended) return
      await work(item).catch((error: unknown) => {
        ended = true
        throw error
      })
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane))
  for (const result of lanes) if (result.status === 'rejected') throw result.reason
}
