import type { CircuitBreakerPolicy } from 'cockatiel'
import { SpotifyApiError } from '../errors.ts'
import type { CircuitEvents } from './limiter.ts'

/** Stops calling a server that is down, and finds out with one probe at a time when it is back. */
export interface Breaker {
  /**
   * Runs `attempt` unless the circuit is open. Half-open, one caller's attempt is the probe and everyone else fails at once.
   * @throws SpotifyApiError `API_CIRCUIT_OPEN` with `retryAt`; otherwise whatever `attempt` throws
   */
  execute<T>(attempt: () => Promise<T>): Promise<T>
  state(): BreakerState
}

export type BreakerState =
  | { readonly status: 'closed' }
  | { readonly status: 'open' | 'half_open'; readonly retryAt: number }

/** The name of an event and its payload. */
export type CircuitEvent = { [E in keyof CircuitEvents]: [event: E, payload: CircuitEvents[E]] }[keyof CircuitEvents]

export interface BreakerOptions {
  /** Whose circuit it is, for events: `api` or `token`. */
  readonly circuit: string
  /** What an error says about the server: down, up (it answered), or nothing (aborted, never sent). */
  readonly judge: (error: unknown) => 'failure' | 'success' | 'nothing'
  /** Failures in a row that open the circuit; default 5. */
  readonly threshold?: number | undefined
  /** Milliseconds from opening until a probe is let through; default 10,000. */
  readonly cooldown?: number | undefined
  readonly now?: (() => number) | undefined
  readonly emit?: ((...event: CircuitEvent) => void) | undefined
}

/** Carries an attempt's error through cockatiel as one that counts. */
class Counted {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

interface Loaded {
  readonly policy: CircuitBreakerPolicy
  readonly isClosed: () => boolean
}

type Outcome<T> = { readonly value: T } | { readonly thrown: unknown }

/** Creates a circuit breaker that opens after `threshold` failures in a row. It holds no timer. */
export function createBreaker(options: BreakerOptions): Breaker {
  const { circuit, judge, threshold = 5, cooldown = 10_000, now = () => Date.now(), emit } = options
  let loaded: Loaded | undefined
  let open = false
  let retryAt = 0
  let probeSince: number | undefined

  const opened = (): void => {
    open = true
    retryAt = now() + cooldown
    emit?.('circuit.opened', { circuit, retryAt })
  }

  /** At first use: cockatiel aborts a signal while it loads, which Workers forbid outside of a request. */
  const load = async (): Promise<Loaded> => {
    const { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } = await import('cockatiel')
    if (loaded !== undefined) return loaded
    // cockatiel reads the wall clock; the moment of the probe is decided here, by `now`.
    const policy = circuitBreaker(
      handleWhen((error) => error instanceof Counted),
      { breaker: new ConsecutiveBreaker(threshold), halfOpenAfter: Number.NEGATIVE_INFINITY },
    )
    policy.onReset(() => {
      open = false
      emit?.('circuit.closed', { circuit })
    })
    loaded = { policy, isClosed: () => policy.state === CircuitState.Closed }
    return loaded
  }

  const run = async <T>(attempt: () => Promise<T>, probe: boolean): Promise<T> => {
    const { policy, isClosed } = loaded ?? (await load())
    try {
      const outcome = await policy.execute(async (): Promise<Outcome<T>> => {
        try {
          return { value: await attempt() }
        } catch (error) {
          // An answer to a call from before the circuit opened says nothing about the server now.
          const verdict = open === probe ? judge(error) : 'nothing'
          if (verdict === 'success') return { thrown: error }
          // cockatiel would close the circuit after a probe that threw anything else; it must stay open.
          if (verdict === 'failure' || probe) throw new Counted(error)
          throw error
        }
      })
      if ('thrown' in outcome) throw outcome.thrown
      return outcome.value
    } catch (error) {
      if (!(error instanceof Counted)) throw error
      if (probe ? judge(error.error) === 'failure' : !open && !isClosed()) opened()
      throw error.error
    }
  }

  return {
    async execute(attempt) {
      if (!open) return run(attempt, false)
      const time = now()
      if (probeSince !== undefined) throw refusal(Math.max(probeSince + cooldown, time + 1))
      // A clock that was set back must not keep the circuit open for longer than one cooldown.
      if (time < retryAt && retryAt - time <= cooldown) throw refusal(retryAt)
      probeSince = time
      try {
        return await run(attempt, true)
      } finally {
        probeSince = undefined
      }
    },
    state() {
      if (!open) return { status: 'closed' }
      return { status: probeSince !== undefined || now() >= retryAt ? 'half_open' : 'open', retryAt }
    },
  }
}

function refusal(retryAt: number): SpotifyApiError {
  return new SpotifyApiError('API_CIRCUIT_OPEN', 'The server is failing, so the call was not sent.', { retryAt })
}
