import { checkExpectation } from './expectation.ts'

interface ListingDetails<T, F extends object> {
  readonly noun: string
  matches(item: T, filter: F): boolean
  describe(item: T): string
}

/** An array that can say what is in it when a test expected something else. */
export class Listing<T, F extends object> extends Array<T> {
  readonly #details: ListingDetails<T, F>

  constructor(details: ListingDetails<T, F>) {
    super()
    this.#details = details
  }

  /** `filter` and `map` give plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }

  matching(filter: F): readonly T[] {
    return this.filter((item) => this.#details.matches(item, filter))
  }

  /**
   * Checks that there are things like this, and gives them.
   *
   * @param times How many there must be; without it, at least one.
   * @throws Error whose message lists what was asked for and what there is instead.
   */
  expect(filter: F, times?: number): readonly T[] {
    const { noun, describe } = this.#details
    return checkExpectation({ noun, filter, times, found: this.matching(filter), all: this, describe })
  }
}
