import type { EncryptedToken } from '../internal/encrypted-token.ts'
import type { CallOptions } from '../internal/signal.ts'

/** One connection per owner and provider, of 1 to 255 and 1 to 64 bytes of UTF-8 without NUL, compared byte by byte. */
export interface ConnectionId {
  readonly provider: string
  readonly ownerId: string
}

/** Whether a connection can be used, or its owner must sign in again. */
export type ConnectionStatus = 'connected' | 'needs_reauth'

/** A connection as a store keeps it: sealed tokens and their metadata. Times are whole epoch milliseconds. */
export interface StoredConnection extends ConnectionId {
  /** Random, never reused: the value that `compareAndSet` compares. */
  readonly revision: string
  readonly accountId?: string | undefined
  readonly accountName?: string | undefined
  readonly scopes: readonly string[]
  readonly accessToken: EncryptedToken
  readonly refreshToken?: EncryptedToken | undefined
  readonly expiresAt: number
  readonly authorizedAt: number
  readonly refreshedAt?: number | undefined
  readonly status: ConnectionStatus
  /** The process that is refreshing, and until when no other process may. */
  readonly lease?: { readonly owner: string; readonly until: number } | undefined
  readonly failure?: { readonly code: string; readonly at: number; readonly attempts: number } | undefined
  /** When the monitor should look at the connection next. */
  readonly nextCheckAt: number
  readonly createdAt: number
  readonly updatedAt: number
}

/**
 * Persists connections. A store only ever sees sealed tokens.
 * Every failure is a `StoreError`: `STORE_UNAVAILABLE` (retryable), `STORE_NOT_MIGRATED`, or `STORE_CORRUPT` of `get`;
 * a corrupt record does not affect others. A record that could not be read back is rejected with an
 * `INVALID_ARGUMENT` `TypeError`.
 */
export interface TokenStore {
  /** One connection, or `undefined`. */
  get(id: ConnectionId, options?: CallOptions): Promise<StoredConnection | undefined>
  /**
   * Writes only if the stored revision is still `expected` (`undefined`: absent); `next: undefined` deletes.
   * False: another writer was first. A write that fails or is aborted may have happened: look for `next.revision`.
   */
  compareAndSet(
    id: ConnectionId,
    expected: string | undefined,
    next: StoredConnection | undefined,
    options?: CallOptions,
  ): Promise<boolean>
  /**
   * Ordered by the code points of `ownerId`, starting after `after`. Corrupt records are skipped and the page is filled
   * with the next ones: only the last page is shorter than `limit`.
   * `keyIdNot`: records in which any sealed token has another keyId.
   */
  list(query: ListQuery, options?: CallOptions): Promise<readonly StoredConnection[]>
  /** Connections that are due at `at`, oldest first, filled like a page of `list`. The cost depends on `limit`, not on the table. */
  due(query: DueQuery, options?: CallOptions): Promise<readonly StoredConnection[]>
  /** Records a one-time marker until `expiresAt`. True for the first caller only. Expired markers are purged. */
  claim(marker: string, expiresAt: number, options?: CallOptions): Promise<boolean>
  /** Closes the connections and files that the store itself has opened. */
  close?(): Promise<void>
}

/** Which connections to list. */
export interface ListQuery {
  readonly provider: string
  readonly after?: string | undefined
  readonly limit: number
  readonly status?: ConnectionStatus | undefined
  readonly keyIdNot?: string | undefined
}

/** Which connections are due. */
export interface DueQuery {
  readonly provider: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly limit: number
}

/** Options of every store of this package. */
export interface StoreOptions {
  /** Called for each corrupt record that `list` and `due` skip. `field` is the invalid field; no value is passed. */
  readonly onCorrupt?: ((record: ConnectionId & { readonly field: string }) => void) | undefined
  /** Epoch milliseconds, for the end of `claim` markers. @default Date.now */
  readonly now?: (() => number) | undefined
}
