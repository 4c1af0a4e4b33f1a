import { invalidArgument } from '../../errors.ts'
import { base64url, randomBytes, utf8 } from '../../internal/bytes.ts'
import { grantEnd, type Provider } from '../../oauth/provider.ts'
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

/** The last moment that a `Date` can represent: "never" in a record. */
export const never = 8.64e15

export function toConnection(record: StoredConnection, provider: Provider): Connection {
  const { ownerId, accountId, accountName, scopes, status, refreshedAt } = record
  return {
    ownerId,
    provider: record.provider,
    ...(accountId === undefined ? {} : { accountId }),
    ...(accountName === undefined ? {} : { accountName }),
    scopes: [...scopes],
    status,
    authorizedAt: new Date(record.authorizedAt),
    reauthorizeBy: new Date(reauthorizeBy(record, provider)),
    ...(authorizedAtAssumed(record, provider) ? { authorizedAtAssumed: true as const } : {}),
    expiresAt: new Date(record.expiresAt),
    ...(refreshedAt === undefined ? {} : { refreshedAt: new Date(refreshedAt) }),
  }
}

/** When the user must sign in again. Without a refresh token: when the access token expires. */
export function reauthorizeBy(record: StoredConnection, provider: Provider): number {
  const end = Math.min(grantEnd(provider, record.authorizedAt), never)
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
function authorizedAtAssumed(record: StoredConnection, provider: Provider): boolean {
  return grantEnd(provider, record.authorizedAt) <= record.createdAt
}

/**
 * When the access token is due for a refresh: `margin` before it expires, or half of its lifetime if that is shorter.
 */
export function refreshDueAt(record: StoredConnection, margin: number): number {
  const { expiresAt, refreshedAt, refreshToken } = record
  if (refreshToken === undefined) return expiresAt
  const lifetime = refreshedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, expiresAt - refreshedAt)
  return expiresAt - Math.min(margin, lifetime / 2)
}

/**
 * Whether a process may be refreshing. A lease that ends later than a lease can last comes from a wrong clock and is
 * ignored.
 */
export function leaseIsLive(record: StoredConnection, now: number, lease: number): boolean {
  return record.lease !== undefined && record.lease.until > now && record.lease.until - now <= lease
}

/** Whether the last refresh failed so recently that the next one must wait. A failure in the future is ignored. */
export function backingOff(record: StoredConnection, now: number): boolean {
  return record.failure !== undefined && record.failure.at <= now && now < record.nextCheckAt
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

/** A copy with a new random revision, without the fields that are given as `undefined`. */
export function revise(
  record: StoredConnection,
  changes: Partial<{ [K in keyof StoredConnection]: StoredConnection[K] | undefined }>,
  now: number,
): StoredConnection {
  const next = { ...record, ...changes, revision: newRevision(), updatedAt: Math.round(now) }
  // `Object.fromEntries` does not keep the names of the fields in its type.
  return Object.fromEntries(
    Object.entries(next).filter(([, value]) => value !== undefined),
  ) as unknown as StoredConnection
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
