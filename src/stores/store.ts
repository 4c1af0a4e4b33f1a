import type { EncryptedToken } from '../internal/encrypted-token.ts'
import type { CallOptions } from '../internal/signal.ts'
import type { StateStore } from './state-store.ts'

/** One connection per provider, owner and account label: text of UTF-8 without NUL, compared byte by byte. */
export interface ConnectionId {
  /** 1 to 64 bytes. */
  readonly provider: string
  /** 1 to 255 bytes. */
  readonly ownerId: string
  /** Label of one of the owner's accounts, at most 64 bytes. @default '' */
  readonly account?: string | undefined
}

/** Whether a connection can be used, or its owner must sign in again. */
export type ConnectionStatus = 'connected' | 'needs_reauth'

/** The right of one process to work on a record alone, for a time that the store measures. */
export interface Lease {
  /** The process that holds it. */
  readonly owner: string
  /** Random, new for every lease. */
  readonly id: string
  /**
   * Milliseconds from the write on. Only a write whose `id` the store does not hold yet names it, any other leaves the
   * end as it is. Never read back: see `leaseLeft`.
   */
  readonly length?: number | undefined
}

/** An event that its handler has not acknowledged yet. Holds no secrets. */
export interface PendingEvent {
  readonly id: string
  readonly type: string
  /** Epoch milliseconds. */
  readonly at: number
  /** How often it was handed to the handler. */
  readonly attempts?: number | undefined
  readonly data?: Readonly<Record<string, string | number | boolean | null>> | undefined
}

interface RecordFields extends Omit<ConnectionId, 'account'> {
  /** Label of one of the owner's accounts; `''` unless it has several. */
  readonly account: string
  /** Client id of the application that the grant belongs to. */
  readonly app: string
  /** Random, never reused: the value that `compareAndSet` compares. */
  readonly revision: string
  /** Undelivered events, oldest first, at most 32. */
  readonly pending?: readonly PendingEvent[] | undefined
  /** When the next event is due for delivery. */
  readonly deliverAt?: number | undefined
  /** The process that is delivering events. */
  readonly deliveryLease?: Lease | undefined
  /** As `leaseLeft`, for `deliveryLease`. */
  readonly deliveryLeaseLeft?: number | undefined
  /** When the monitor must look at the record next: the earliest of the times that the record holds for it. */
  readonly nextCheckAt: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** A connection as a store keeps it: sealed tokens and their metadata. Times are whole epoch milliseconds. */
export interface StoredConnection extends RecordFields {
  readonly accountId?: string | undefined
  readonly accountName?: string | undefined
  readonly scopes: readonly string[]
  readonly accessToken: EncryptedToken
  readonly refreshToken?: EncryptedToken | undefined
  readonly expiresAt: number
  readonly authorizedAt: number
  readonly refreshedAt?: number | undefined
  /** When the grant ends; absent if it does not end by itself. */
  readonly grantEndsAt?: number | undefined
  readonly status: ConnectionStatus
  /** The process that is refreshing. */
  readonly lease?: Lease | undefined
  /**
   * Milliseconds until `lease` ends, by the store's clock at the time of the read; zero or less once it has ended. Set by
   * the store, and ignored in a write.
   */
  readonly leaseLeft?: number | undefined
  readonly failure?:
    | {
        readonly code: string
        readonly at: number
        readonly attempts: number
        /** From when on the next attempt is allowed. */
        readonly retryAt?: number | undefined
      }
    | undefined
  /** When the connection itself is checked next. */
  readonly checkAt: number
  /** When its owner is warned next that the grant ends. */
  readonly warnAt?: number | undefined
  /** The last step of warnings that was emitted for this grant. */
  readonly notified?: string | undefined
}

/** What is left of a removed connection until its events are delivered: ids and events, no tokens and no names. */
export interface RemovedConnection extends RecordFields {
  readonly status: 'removed'
}

/** Everything that a store keeps under a {@link ConnectionId}. */
export type StoredRecord = StoredConnection | RemovedConnection

/**
 * Persists connections. A store only ever sees sealed tokens.
 * Every failure is a `StoreError`: `STORE_UNAVAILABLE` (retryable), `STORE_NOT_MIGRATED`, or `STORE_CORRUPT` of `get`;
 * a corrupt record does not affect others. A record that could not be read back, and a query that is malformed, is
 * rejected with an `INVALID_ARGUMENT` `TypeError`.
 */
export interface TokenStore {
  /** One connection; `undefined` if there is none, or if it was removed. */
  get(id: ConnectionId, options?: CallOptions): Promise<StoredConnection | undefined>
  /** What is left of a removed connection; `undefined` if there is nothing, or a connection. */
  getRemoved(id: ConnectionId, options?: CallOptions): Promise<RemovedConnection | undefined>
  /**
   * Writes only if the stored revision is still `expected` (`undefined`: nothing is stored, not even a removed
   * connection); `next: undefined` deletes. A lease with a new `id` ends `length` milliseconds from now on the store's
   * clock; the end of one that is stored already does not change.
   * False: another writer was first. A write that fails or is aborted may have happened: look for `next.revision`.
   */
  compareAndSet(
    id: ConnectionId,
    expected: string | undefined,
    next: StoredRecord | undefined,
    options?: CallOptions,
  ): Promise<boolean>
  /**
   * The connections that match every filter, starting after `after`: ordered by the code points of `ownerId`, then of
   * `account`, and before those by `grantEndsAt` if `grantEndsBefore` is given. Corrupt records are skipped and the page
   * is filled with the next ones: only the last page is shorter than `limit`.
   */
  list(query: ListQuery, options?: CallOptions): Promise<readonly StoredConnection[]>
  /** How many connections match every filter, by group; empty groups are absent. Reads no record: counts corrupt ones too. */
  count(query: CountQuery, options?: CallOptions): Promise<Readonly<Record<string, number>>>
  /**
   * Records whose `nextCheckAt` is `at` or earlier, removed ones too: earliest first, then by owner and account, filled
   * like a page of `list`. The cost depends on `limit`, not on the table.
   */
  due(query: DueQuery, options?: CallOptions): Promise<readonly StoredRecord[]>
  /**
   * As `due`, and reserves the returned records: other calls of `reserve` pass over them for `length` milliseconds, or
   * until a write changes their `nextCheckAt`. Nothing else regards a reservation. One that ends more than twice `length`
   * ahead is taken for the work of a wrong clock. In one statement or transaction, so that no two callers get the same
   * record. Optional: without it monitors use `due` and visit some records twice.
   */
  reserve?(query: ReserveQuery, options?: CallOptions): Promise<readonly StoredRecord[]>
  /**
   * Records a one-time marker until `expiresAt`. True for the first caller only, and for every call with its `nonce`
   * again, so that a call whose reply was lost can be repeated. Expired markers are purged.
   */
  claim(
    marker: string,
    expiresAt: number,
    options?: CallOptions & { readonly nonce?: string | undefined },
  ): Promise<boolean>
  /** State that the processes of an application share. Optional: without it each process keeps its own. */
  readonly state?: StateStore
  /** Closes the connections and files that the store itself has opened. */
  close?(): Promise<void>
}

/** Which connections: those that match every filter given. Each is served by an index of its own. */
export interface ConnectionFilter {
  readonly provider: string
  readonly status?: ConnectionStatus | undefined
  /** Any sealed token has another `keyId`. */
  readonly keyIdNot?: string | undefined
  readonly app?: string | undefined
  readonly ownerId?: string | undefined
  readonly accountId?: string | undefined
  /** Has a `grantEndsAt` earlier than this, in epoch milliseconds. */
  readonly grantEndsBefore?: number | undefined
}

/** The place of a connection in a list. A record of the connection is one. */
export interface ListCursor {
  readonly ownerId: string
  readonly account?: string | undefined
  /** Needed with `grantEndsBefore`. */
  readonly grantEndsAt?: number | undefined
}

/** Which connections to list. */
export interface ListQuery extends ConnectionFilter {
  /** The last record of the page before. A string stands for the account `''` of that owner. */
  readonly after?: ListCursor | string | undefined
  readonly limit: number
}

/** Which connections to count. */
export interface CountQuery extends ConnectionFilter {
  /** `grantEndsOn`: by the day of `grantEndsAt` in UTC, such as `2026-11-30`, and `never` for grants that do not end. */
  readonly by: 'status' | 'grantEndsOn'
}

/** Which records are due. */
export interface DueQuery {
  readonly provider: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly limit: number
}

/** Which records to reserve. */
export interface ReserveQuery extends DueQuery {
  /** Milliseconds. */
  readonly length: number
}

/** Options of every store of this package. */
export interface StoreOptions {
  /** Called for each corrupt record that `list`, `due` and `reserve` skip. `field` is the invalid field; no value is passed. */
  readonly onCorrupt?: ((record: ConnectionId & { readonly field: string }) => void) | undefined
  /** Epoch milliseconds: replaces the clock of the store, for tests. @default the database's clock, where it has one */
  readonly now?: (() => number) | undefined
}
