import { checkExpectation } from './expectation.ts'

interface ListingDetails<T, F extends object> {
  readonly noun: string
  matches(item: T, filter: F): boolean
  describe(item: T): string
}

/** An array with assertions whose messages list its items. */
export class Listing<T, F extends object> extends Array<T> {
  readonly #details: ListingDetails<T, F>

  constructor(details: ListingDetails<T, F>) {
    super()
    this.#details = details
  }

  /** `filter` and `map` return plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  matching(filter: F): readonly T[] {
    return this.filter((item) => this.#details.matches(item, filter))
  }

  /**
   * Checks that matching items exist, and returns them.
   *
   * @param times The expected number; without it, at least one.
   * @throws Error whose message lists what was expected and what there is instead.
   */
  expect(filter: F, times?: number): readonly T[] {
    const { noun, describe } = this.#details
    return checkExpectation({ noun, filter, times, found: this.matching(filter), all: this, describe })
  }
}
