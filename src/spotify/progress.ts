/** The state of one call. Times are milliseconds. */
export interface Progress {
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Time spent in the queue, in pauses and on the token. */
  waited: number
  /** Time spent in the limiter. */
  queued: number
  /** How often it was sent. */
  attempts: number
  /** How many of the responses were 429. */
  refusals: number
  /** Whether the last attempt reached the transport. */
  sent: boolean
  /** The token of the last attempt. */
  token: string
  replayed: boolean
  failures: number
  throttles: number
}

export function start(startedAt: number): Progress {
  return {
    startedAt,
    waited: 0,
    queued: 0,
    attempts: 0,
    refusals: 0,
    sent: false,
    token: '',
    replayed: false,
    failures: 0,
    throttles: 0,
  }
}
