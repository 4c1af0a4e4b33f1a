import { SpotifyApiError } from '../errors.ts'
import type { CircuitEvents } from './limiter.ts'

/** Stops calls to a server that is down, and sends one probe at a time to find out when it is up again. */
interface Breaker {
  /**
   * Runs `attempt` unless the circuit is open. Half-open, one call is the probe and all others fail at once.
   * @throws SpotifyApiError `API_CIRCUIT_OPEN` with `retryAt`; otherwise the error of `attempt`
   */
  execute<T>(attempt: () => Promise<T>): Promise<T>
  state(): BreakerState
}

export type BreakerState =
  | { readonly status: 'closed' }
  | { readonly status: 'open' | 'half_open'; readonly retryAt: number }

/** The name of an event and its payload. */
type CircuitEvent = { [E in keyof CircuitEvents]: [event: E, payload: CircuitEvents[E]] }[keyof CircuitEvents]

interface BreakerOptions {
  /** Name of the circuit in events: `api` or `token`. */
  readonly circuit: string
  /** What an error shows about the server: down, up (it responded), or nothing (aborted, never sent). */
  readonly judge: (error: unknown) => 'failure' | 'success' | 'nothing'
  /** Consecutive failures that open the circuit. @default 5 */
  readonly threshold?: number | undefined
  /** Milliseconds from opening until a probe is allowed. @default 10_000 */
  readonly cooldown?: number | undefined
  readonly now?: (() => number) | undefined
  readonly emit?: ((...event: CircuitEvent) => void) | undefined
}

/** Creates a circuit breaker that opens after `threshold` consecutive failures. It holds no timer. */
export function createBreaker(options: BreakerOptions): Breaker {
  const { circuit, judge, threshold = 5, cooldown = 10_000, now = () => Date.now(), emit } = options
  let open = false
  let failures = 0
  let retryAt = 0
  let probeSince: number | undefined

  /** The result of a call from before the circuit opened shows nothing about the server now. */
  const isCurrent = (asProbe: boolean): boolean => asProbe === open

  function succeeded(): void {
    failures = 0
    if (!open) return
    open = false
    emit?.('circuit.closed', { circuit })
  }

  function failed(): void {
    failures++
    if (!open && failures < threshold) return
    open = true
    retryAt = now() + cooldown
    emit?.('circuit.opened', { circuit, retryAt })
  }

  async function run<T>(attempt: () => Promise<T>, asProbe: boolean): Promise<T> {
    try {
      const value = await attempt()
      if (isCurrent(asProbe)) succeeded()
      return value
    } catch (error) {
      const verdict = isCurrent(asProbe) ? judge(error) : 'nothing'
      if (verdict === 'success') succeeded()
      else if (verdict === 'failure') failed()
      throw error
    }
  }

  async function probe<T>(attempt: () => Promise<T>): Promise<T> {
    const time = now()
    if (probeSince !== undefined) throw circuitOpenError(Math.max(probeSince + cooldown, time + 1))
    // A clock that was set back must not keep the circuit open for longer than one cooldown.
    if (time < retryAt && retryAt - time <= cooldown) throw circuitOpenError(retryAt)
    probeSince = time
    try {
      return await run(attempt, true)
    } finally {
      probeSince = undefined
    }
  }

  return {
    execute: (attempt) => (open ? probe(attempt) : run(attempt, false)),
    state() {
      if (!open) return { status: 'closed' }
      return { status: probeSince !== undefined || now() >= retryAt ? 'half_open' : 'open', retryAt }
    },
  }
}

function circuitOpenError(retryAt: number): SpotifyApiError {
  return new SpotifyApiError('API_CIRCUIT_OPEN', 'The server is failing, so the call was not sent.', { retryAt })
}
