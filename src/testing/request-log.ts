import { checkExpectation } from './expectation.ts'
import type { FaultRule } from './faults.ts'
import { pathMatches } from './faults.ts'

/** One request to the fake. Credentials are not kept: neither `Authorization` nor the form of the token endpoint. */
export interface FakeRequest {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** The body of a Web API request; for the token endpoint only `grantType` is kept. */
  readonly body?: string | undefined
  readonly operation?: string | undefined
  readonly grantType?: string | undefined
  clientId?: string | undefined
  user?: string | undefined
  /** Absent while the request is in progress, 0 when the connection was cut. */
  status?: number | undefined
  /** The error message of a response of 400 or more. */
  error?: string | undefined
  /** The faults that applied to it. */
  readonly faults: FaultRule[]
}

/** Conditions for requests. */
export interface RequestFilter {
  readonly method?: string | undefined
  readonly path?: string | RegExp | undefined
  readonly user?: string | undefined
  readonly clientId?: string | undefined
  readonly status?: number | undefined
  readonly grantType?: string | undefined
  readonly operation?: string | undefined
}

/** The requests so far, oldest first. */
export class RequestLog implements Iterable<FakeRequest> {
  #entries: FakeRequest[] = []
  readonly #keep: number

  constructor(keep = 10_000) {
    this.#keep = keep
  }

  get all(): readonly FakeRequest[] {
    return this.#entries
  }

  get last(): FakeRequest | undefined {
    return this.#entries.at(-1)
  }

  /** Oldest first. */
  [Symbol.iterator](): Iterator<FakeRequest> {
    return this.#entries[Symbol.iterator]()
  }

  /** Adds a request. */
  add(entry: FakeRequest): void {
    this.#entries.push(entry)
    // Trimmed in bulk: shifting one by one takes time proportional to the length of the log.
    if (this.#entries.length > this.#keep * 1.5) this.#entries = this.#entries.slice(-this.#keep)
  }

  /** Removes all requests. */
  clear(): void {
    this.#entries = []
  }

  /** The requests that match a filter, oldest first. */
  matching(filter: RequestFilter): readonly FakeRequest[] {
    return this.#entries.filter(
      (entry) =>
        (filter.method === undefined || filter.method.toUpperCase() === entry.method) &&
        (filter.path === undefined || pathMatches(filter.path, entry.path)) &&
        (['user', 'clientId', 'status', 'grantType', 'operation'] as const).every(
          (key) => filter[key] === undefined || filter[key] === entry[key],
        ),
    )
  }

  /** The number of requests that match a filter. */
  count(filter: RequestFilter = {}): number {
    return this.matching(filter).length
  }

  /**
   * Checks that matching requests were made, and returns them.
   *
   * @param times The expected number; without it, at least one.
   * @throws Error whose message lists what was expected and what was requested instead.
   */
  expect(filter: RequestFilter, times?: number): readonly FakeRequest[] {
    const found = this.matching(filter)
    return checkExpectation({ noun: 'request', filter, times, found, all: this.#entries, describe })
  }
}

function describe(entry: FakeRequest): string {
  const query = entry.path.startsWith('/v1') && entry.query.size > 0 ? `?${entry.query}` : ''
  const outcomeText = entry.error === undefined ? String(entry.status) : `${entry.status} ${entry.error}`
  const outcome = entry.status === undefined ? 'under way' : entry.status === 0 ? 'connection cut' : outcomeText
  const notes = [entry.grantType, entry.user && `user ${entry.user}`, entry.faults.length > 0 && 'fault'].filter(
    Boolean,
  )
  return `${entry.method} ${entry.path}${query} → ${outcome}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`
}
