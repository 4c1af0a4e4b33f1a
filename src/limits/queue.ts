import { SpotifyApiError } from '../errors.ts'

/** A call that waits for its turn, which comes with a `Grant`. */
export interface Waiting<Grant> {
  readonly scope: string
  /** Epoch milliseconds after which it must not start. */
  readonly deadline: number
  readonly order: number
  /** Leaves the line and runs. Resolves when the run has ended, however it ended. */
  start(grant: Grant): Promise<void>
  /** Leaves the line with an error. */
  fail(error: unknown): void
}

export interface Entry<T, Grant> {
  readonly scope: string
  readonly deadline: number
  /** Milliseconds until the deadline. */
  readonly patience: number
  readonly signal: AbortSignal | undefined
  readonly run: (grant: Grant) => Promise<T>
  /** The error of a call whose deadline has come. */
  readonly late: () => unknown
}

/** Longest delay that a timer takes; a longer one would fire at once. */
export const longestTimer = 2 ** 31 - 1

/**
 * Calls that wait, first in, first out, in one lane per scope so that a scope that is paused holds up no other.
 * Each leaves when it is started, when its signal aborts, or when its deadline comes.
 */
export class WaitingLine<Grant> {
  readonly #lanes = new Map<string, Set<Waiting<Grant>>>()
  readonly #capacity: number
  #size = 0
  #order = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#size
  }

  get full(): boolean {
    return this.#size >= this.#capacity
  }

  enter<T>(entry: Entry<T, Grant>): Promise<T> {
    if (this.full) {
      return Promise.reject(new SpotifyApiError('API_QUEUE_FULL', 'Too many calls are waiting for the limiter.'))
    }
    const { scope, deadline, patience, signal, run, late } = entry
    return new Promise<T>((resolve, reject) => {
      const lane = this.#lanes.get(scope) ?? new Set<Waiting<Grant>>()
      this.#lanes.set(scope, lane)
      const leave = (): boolean => {
        if (!lane.delete(waiting)) return false
        this.#size--
        clearTimeout(timer)
        // After the abort the listener is gone already, and looking for it among many would be slow.
        if (signal?.aborted === false) signal.removeEventListener('abort', abort)
        return true
      }
      const waiting: Waiting<Grant> = {
        scope,
        deadline,
        order: this.#order++,
        start: (grant) => (leave() ? run(grant).then(resolve, reject) : Promise.resolve()),
        fail: (error) => {
          if (leave()) reject(error)
        },
      }
      const abort = (): void => waiting.fail(signal?.reason)
      const timer = setTimeout(() => waiting.fail(late()), Math.min(patience, longestTimer))
      signal?.addEventListener('abort', abort, { once: true })
      lane.add(waiting)
      this.#size++
    })
  }

  /** The call that has waited longest among the scopes that are free, or when the first of the others will be. */
  next(pausedUntil: (scope: string) => number | undefined): {
    readonly call: Waiting<Grant> | undefined
    readonly at: number
  } {
    let call: Waiting<Grant> | undefined
    let at = Number.POSITIVE_INFINITY
    for (const [scope, lane] of this.#lanes) {
      const [first] = lane
      if (first === undefined) {
        if (this.#lanes.size > 16) this.#lanes.delete(scope)
        continue
      }
      const until = pausedUntil(scope)
      if (until !== undefined) at = Math.min(at, until)
      else if (call === undefined || first.order < call.order) call = first
    }
    return { call, at }
  }

  /** Everyone who waits, or who waits in one scope, longest first within a scope. */
  *waiting(scope?: string): Iterable<Waiting<Grant>> {
    for (const [name, lane] of this.#lanes) if (scope === undefined || name === scope) yield* [...lane]
  }
}

export function closed(): SpotifyApiError {
  return new SpotifyApiError('API_CLOSED', 'The limiter is closed.')
}
