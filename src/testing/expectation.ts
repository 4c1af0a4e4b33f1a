/** What a test expected to have happened, and what did. */
export interface Expectation<T> {
  readonly noun: string
  readonly filter: object
  /** How many there must be; undefined for at least one. */
  readonly times: number | undefined
  readonly found: readonly T[]
  readonly all: readonly T[]
  describe(item: T): string
}

const shown = 25

/**
 * Gives what was found, if it is as many as expected.
 *
 * @throws Error whose message lists what was asked for and what there is instead.
 */
export function checkExpectation<T>({ noun, filter, times, found, all, describe }: Expectation<T>): readonly T[] {
  if (times === undefined ? found.length > 0 : found.length === times) return found
  const wanted = Object.entries(filter).map(([key, value]) => `${key} ${String(value)}`)
  const more = all.length > shown ? [`  … ${all.length - shown} before these`] : []
  throw new Error(
    [
      `expected ${times ?? 'at least 1'} ${noun}(s) with ${wanted.join(', ') || 'anything'}, saw ${found.length}.`,
      all.length === 0 ? `The fake saw no ${noun} at all.` : 'The fake saw:',
      ...more,
      ...all.slice(-shown).map((item) => `  ${describe(item)}`),
    ].join('\n'),
  )
}
