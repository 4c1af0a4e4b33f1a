import type { SpotifyApiErrorCode } from '../errors.ts'
import type { CircuitEvents, LimiterEvents } from '../limits/limiter.ts'

/** The events of a Web API client. */
export interface SpotifyEvents extends LimiterEvents, CircuitEvents {
  /** An attempt failed and is repeated. */
  'request.retried': {
    readonly request: { readonly method: string; readonly path: string }
    readonly code: SpotifyApiErrorCode
    readonly status?: number | undefined
    /** The number of the attempt that failed, from 1. */
    readonly attempt: number
    /** Milliseconds until the next one, apart from the limiter's pauses. */
    readonly delay: number
  }
  /** A call ended, after all its attempts. */
  'request.finished': {
    readonly request: { readonly method: string; readonly path: string }
    /** Of the last response, if there was one. */
    readonly status?: number | undefined
    /** Of the error, if the call failed. */
    readonly code?: string | undefined
    /** How often it was sent. */
    readonly attempts: number
    /** How many of the responses were 429. */
    readonly throttles: number
    /** Epoch milliseconds. */
    readonly startedAt: number
    /** Milliseconds, waiting included. */
    readonly duration: number
    /** Milliseconds that the call waited for the limiter. */
    readonly queued: number
  }
  /** Something in a response was not as described; `path` is where, without any value. */
  'response.unexpected': {
    readonly request: { readonly method: string; readonly path: string }
    readonly kind: string
    readonly path: string
    /** Whether it was left out (`invalidItems: 'drop'`) rather than kept as Spotify sent it. */
    readonly dropped: boolean
  }
}
