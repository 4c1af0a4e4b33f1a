import type { CallOptions } from '../internal/signal.ts'

/** What every call takes as its last argument. */
export interface RequestOptions extends CallOptions {
  /** Milliseconds that one attempt may take from leaving the queue until its body is read; default 10,000. */
  readonly timeout?: number | undefined
  /** Milliseconds that the whole call may take: token, queue, pauses, every attempt. By default the sum of the others bounds it. */
  readonly deadline?: number | undefined
  /**
   * How often a failed attempt may be repeated; default 2. Operations that are not idempotent are repeated only when this
   * is given with the call.
   */
  readonly retries?: number | undefined
  /**
   * Milliseconds that the whole call may wait in the queue and in pauses; default 30,000. A longer pause fails at once
   * with `retryAt`.
   */
  readonly maxWait?: number | undefined
}

/** Returns an access token. `rejected` is the token that was just refused: return a newer one. */
export type AccessTokenSource = (options?: CallOptions & { readonly rejected?: string | undefined }) => Promise<string>

/** The scopes of a connection, or a function that returns them; `undefined` when they are not known. */
export type ScopeSource = readonly string[] | (() => Promise<readonly string[] | undefined>) | undefined
