import { SpotifyApiError } from '../errors.ts'

/** A call in the queue. It starts with a `Grant`. */
interface QueuedCall<Grant> {
  readonly scope: string
  /** Epoch milliseconds after which it must not start. */
  readonly deadline: number
  readonly order: number
  /** Leaves the queue and runs. Resolves when the run has settled. */
  start(grant: Grant): Promise<void>
  /** Leaves the queue with an error. */
  fail(error: unknown): void
}

/** A call to put in the queue. */
interface QueueEntry<T, Grant> {
  readonly scope: string
  readonly deadline: number
  /** Milliseconds until the deadline. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
  readonly run: (grant: Grant) => Promise<T>
  /** The error with which the call fails at its deadline. */
  readonly timeoutError: () => unknown
}

/** Longest delay that a timer accepts; a longer one would fire at once. */
export const maxTimerDelay = 2 ** 31 - 1

/**
 * Queued calls, first in, first out, in one lane per scope so that a paused scope blocks no other.
 * A call leaves when it is started, when its signal aborts, or at its deadline.
 */
export class CallQueue<Grant> {
  readonly #lanes = new Map<string, Set<QueuedCall<Grant>>>()
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

  enqueue<T>(entry: QueueEntry<T, Grant>): Promise<T> {
    if (this.full) {
      return Promise.reject(new SpotifyApiError('API_QUEUE_FULL', 'Too many calls are waiting for the limiter.'))
    }
    const { scope, deadline, timeout, signal, run, timeoutError } = entry
    return new Promise<T>((resolve, reject) => {
      const lane = this.#lanes.get(scope) ?? new Set<QueuedCall<Grant>>()
      this.#lanes.set(scope, lane)
      const leave = (): boolean => {
        if (!lane.delete(call)) return false
        this.#size--
        clearTimeout(timer)
        // After an abort the listener is already removed, and removing it among many would be slow.
        if (signal?.aborted === false) signal.removeEventListener('abort', abort)
        return true
      }
      const call: QueuedCall<Grant> = {
        scope,
        deadline,
        order: this.#order++,
        start: (grant) => (leave() ? run(grant).then(resolve, reject) : Promise.resolve()),
        fail: (error) => {
          if (leave()) reject(error)
        },
      }
      const abort = (): void => call.fail(signal?.reason)
      const timer = setTimeout(() => call.fail(timeoutError()), Math.min(timeout, maxTimerDelay))
      signal?.addEventListener('abort', abort, { once: true })
      lane.add(call)
      this.#size++
    })
  }

  /** The call that has waited longest among the scopes that are not paused, and when the next paused scope resumes. */
  next(pausedUntil: (scope: string) => number | undefined): {
    readonly call: QueuedCall<Grant> | undefined
    readonly readyAt: number
  } {
    let call: QueuedCall<Grant> | undefined
    let readyAt = Number.POSITIVE_INFINITY
    for (const [scope, lane] of this.#lanes) {
      const [first] = lane
      if (first === undefined) {
        if (this.#lanes.size > 16) this.#lanes.delete(scope)
        continue
      }
      const until = pausedUntil(scope)
      if (until !== undefined) readyAt = Math.min(readyAt, until)
      else if (call === undefined || first.order < call.order) call = first
    }
    return { call, readyAt }
  }

  /** All queued calls, or those of one scope; within a scope the oldest first. */
  *calls(scope?: string): Iterable<QueuedCall<Grant>> {
    for (const [name, lane] of this.#lanes) if (scope === undefined || name === scope) yield* [...lane]
  }
}

export function closedError(): SpotifyApiError {
  return new SpotifyApiError('API_CLOSED', 'The limiter is closed.')
}
