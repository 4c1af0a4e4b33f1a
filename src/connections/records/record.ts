import { invalidArgument } from '../../errors.ts'
import { base64url, randomBytes, utf8 } from '../../internal/bytes.ts'
import type { Provider } from '../../oauth/provider.ts'
import type { ConnectionStatus, StoredConnection } from '../../stores/store.ts'

/** A user's connected account, without tokens. */
export interface Connection {
  readonly ownerId: string
  readonly provider: string
  /** The account's id at the provider; absent until the first successful look-up. */
  readonly accountId?: string | undefined
  readonly accountName?: string | undefined
  readonly scopes: readonly string[]
  readonly status: ConnectionStatus
  readonly authorizedAt: Date
  /** When the grant ends and the user must sign in again. */
  readonly reauthorizeBy: Date
  /** True for adopted tokens of unknown age: both dates above are then the earliest possible. */
  readonly authorizedAtAssumed?: true | undefined
  /** When the current access token ends. */
  readonly expiresAt: Date
  readonly refreshedAt?: Date | undefined
}

/** A stored connection as this process has read or written it. */
export interface ConnectionRecord extends ConnectionFacts {
  /** When the lease ends, on a clock of the process's own that never goes back. */
  readonly leaseEnd: number | undefined
}

/** What a record says about a connection, apart from who holds it. */
export type ConnectionFacts = Omit<StoredConnection, 'leaseLeft'>

/** Call it when the reply of the store has arrived. `clock` is the process's own clock at that moment. */
export function toRecord(stored: StoredConnection, clock: number): ConnectionRecord {
  const { leaseLeft, ...record } = stored
  return { ...record, leaseEnd: leaseLeft === undefined ? undefined : clock + leaseLeft }
}

/** The last moment that a `Date` can represent: "never" in a record. */
export const never = 8.64e15

export function toConnection(record: ConnectionFacts): Connection {
  const { ownerId, accountId, accountName, scopes, status, refreshedAt } = record
  return {
    ownerId,
    provider: record.provider,
    ...(accountId === undefined ? {} : { accountId }),
    ...(accountName === undefined ? {} : { accountName }),
    scopes: [...scopes],
    status,
    authorizedAt: new Date(record.authorizedAt),
    reauthorizeBy: new Date(reauthorizeBy(record)),
    ...(authorizedAtAssumed(record) ? { authorizedAtAssumed: true as const } : {}),
    expiresAt: new Date(record.expiresAt),
    ...(refreshedAt === undefined ? {} : { refreshedAt: new Date(refreshedAt) }),
  }
}

/** When the user must sign in again. Without a refresh token: when the access token expires. */
export function reauthorizeBy(record: ConnectionFacts): number {
  const end = Math.min(record.grantEndsAt ?? never, never)
  return record.refreshToken === undefined ? Math.min(end, record.expiresAt) : end
}

/**
 * The earliest possible time of authorization: tokens that work now were authorized within one grant lifetime, so at
 * worst the lifetime ends now.
 */
export function assumedAuthorization(provider: Provider, now: number): number {
  if (provider.grantMonths === undefined) return now
  const start = new Date(now)
  const months = new Date(now)
  months.setUTCMonth(months.getUTCMonth() - provider.grantMonths)
  if (months.getUTCDate() !== start.getUTCDate()) months.setUTCDate(0)
  return months.getTime()
}

/** A grant that ended before its record was created can only come from {@link assumedAuthorization}. */
function authorizedAtAssumed({ grantEndsAt, createdAt }: ConnectionFacts): boolean {
  return grantEndsAt !== undefined && grantEndsAt <= createdAt
}

/**
 * When the access token is due for a refresh: `margin` before it expires, or half of its lifetime if that is shorter.
 */
export function refreshDueAt(record: ConnectionFacts, margin: number): number {
  const { expiresAt, refreshedAt, refreshToken } = record
  if (refreshToken === undefined) return expiresAt
  const lifetime = refreshedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, expiresAt - refreshedAt)
  return expiresAt - Math.min(margin, lifetime / 2)
}

/** Whether the last refresh failed so recently that the next one must wait. A failure in the future is ignored. */
export function backingOff({ failure }: ConnectionFacts, now: number): boolean {
  return failure !== undefined && failure.at <= now && now < (failure.retryAt ?? failure.at)
}

/** A token response limited to what every store accepts: a bad value must not cost the tokens beside it. */
export function storableTokens(response: { readonly scopes: readonly string[]; readonly expiresAt: number }): {
  readonly scopes: readonly string[]
  readonly expiresAt: number
} {
  return {
    scopes: response.scopes.filter(isStorable),
    expiresAt: Math.max(-never, Math.min(Math.round(response.expiresAt), never)),
  }
}

const plain = /^[\x20-\x7e]{1,255}$/

/** Text of 1 to 255 bytes without NUL and lone surrogates. */
export function isStorable(text: string): boolean {
  if (plain.test(text)) return true
  return text !== '' && !/[\0\p{Surrogate}]/u.test(text) && utf8(text).length <= 255
}

/**
 * A copy with a new random revision, without the fields that are given as `undefined`. `nextCheckAt` is the earliest of the
 * record's times, unless it is given.
 */
export function revise(
  record: ConnectionRecord,
  changes: Partial<{ [K in keyof ConnectionRecord]: ConnectionRecord[K] | undefined }>,
  now: number,
): ConnectionRecord {
  const next = { ...record, ...changes, revision: newRevision(), updatedAt: Math.round(now) }
  if ('lease' in changes && changes.lease === undefined) next.leaseEnd = undefined
  // `Object.fromEntries` does not keep the names of the fields in its type.
  const present = Object.fromEntries(
    Object.entries(next).filter(([name, value]) => value !== undefined || name === 'leaseEnd'),
  ) as unknown as ConnectionRecord
  return changes.nextCheckAt === undefined ? { ...present, nextCheckAt: earliestTime(present) } : present
}

/** When a monitor must look at the record next. */
export function earliestTime({ checkAt, warnAt, deliverAt, failure }: ConnectionFacts): number {
  return Math.min(checkAt, warnAt ?? never, deliverAt ?? never, failure?.retryAt ?? never)
}

export function newRevision(): string {
  return base64url(randomBytes(18))
}

/** @throws TypeError `INVALID_ARGUMENT` */
export function checkOwnerId(ownerId: unknown): asserts ownerId is string {
  if (typeof ownerId !== 'string' || !isStorable(ownerId)) {
    throw invalidArgument('ownerId is a string of 1 to 255 bytes of UTF-8 without NUL.')
  }
}
