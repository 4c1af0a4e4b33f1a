/** Runs `work` over the items, `width` at a time. The first failure stops it; it rejects after the running items have settled. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  let failed = false
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return
      await work(item).catch((error: unknown) => {
        failed = true
        throw error
      })
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, worker))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
