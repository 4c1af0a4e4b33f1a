import type { CallOptions } from '../internal/signal.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { AppMode } from './operations/operation.ts'

/** The bounds of a call. Those of the client hold for every call that does not name its own. */
interface CallLimits {
  /** Milliseconds that one attempt may take from leaving the queue until its body is read. @default 10_000 */
  readonly timeout?: number | undefined
  /** Milliseconds that the whole call may take: token, queue, pauses, every attempt. @default the sum of the others */
  readonly deadline?: number | undefined
  /**
   * How often a failed attempt may be repeated. Operations that are not idempotent are repeated only when this is given
   * with the call. @default 2
   */
  readonly retries?: number | undefined
  /**
   * Milliseconds that the whole call may wait in the queue and in pauses. A longer pause fails at once with `retryAt`.
   * @default 30_000
   */
  readonly maxWait?: number | undefined
}

/** What every call accepts as its last argument. */
export interface RequestOptions extends CallOptions, CallLimits {}

/** How the Web API is called. */
export interface ApiOptions extends CallLimits {
  /**
   * What becomes of a list item that is not as described. `skipNull` keeps it as Spotify sent it in the pages; iterating and
   * collecting leave out `null`. `keep` keeps `null` there too. `drop` leaves every invalid item out of the pages. Each
   * emits `response.unexpected`. @default 'skipNull'
   */
  readonly invalidItems?: 'skipNull' | 'keep' | 'drop' | undefined
}

/** Options of {@link createSpotify}. */
export interface SpotifyOptions extends ApiOptions {
  /** How fast calls leave. One that is passed in can be shared, and is not closed here. @default `adaptiveLimiter()` */
  readonly limiter?: Limiter | undefined
  readonly endpoints?:
    | {
        /** The API's base, https or loopback http. @default 'https://api.spotify.com/v1' */
        readonly api?: string | undefined
      }
    | undefined
  /** Which page and batch limits apply to the client id, and which of two operations some methods use. @default 'development' */
  readonly appMode?: AppMode | undefined
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** Returns an access token. `rejected` is the token that was just refused: return a newer one. */
export type AccessTokenSource = (options?: CallOptions & { readonly rejected?: string | undefined }) => Promise<string>

/** The scopes of a connection, or a function that returns them; `undefined` when they are not known. */
export type ScopeSource = readonly string[] | (() => Promise<readonly string[] | undefined>) | undefined
