/** What a test expected, and what happened. */
interface Expectation<T> {
  readonly noun: string
  readonly filter: object
  /** The expected number; undefined for at least one. */
  readonly times: number | undefined
  readonly found: readonly T[]
  readonly all: readonly T[]
  describe(item: T): string
}

const maxShown = 25

/**
 * Returns what was found, if its number is as expected.
 *
 * @throws Error whose message lists what was expected and what there is instead.
 */
export function checkExpectation<T>({ noun, filter, times, found, all, describe }: Expectation<T>): readonly T[] {
  if (times === undefined ? found.length > 0 : found.length === times) return found
  const conditions = Object.entries(filter).map(([key, value]) => `${key} ${String(value)}`)
  const omitted = all.length > maxShown ? [`  … ${all.length - maxShown} before these`] : []
  throw new Error(
    [
      `expected ${times ?? 'at least 1'} ${noun}(s) with ${conditions.join(', ') || 'anything'}, saw ${found.length}.`,
      all.length === 0 ? `The fake saw no ${noun} at all.` : 'The fake saw:',
      ...omitted,
      ...all.slice(-maxShown).map((item) => `  ${describe(item)}`),
    ].join('\n'),
  )
}
