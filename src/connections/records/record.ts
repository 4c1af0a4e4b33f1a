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
  /** When the grant ends and the user must sign in again, whatever happens. */
  readonly reauthorizeBy: Date
  /** True for adopted tokens of unknown age: both dates above are then the worst that can be. */
  readonly authorizedAtAssumed?: true | undefined
  /** When the current access token ends. */
  readonly expiresAt: Date
  readonly refreshedAt?: Date | undefined
}

/** The last moment that a `Date` can hold: "never" in a record. */
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

/** When the user must sign in again. Without a refresh token that is the end of the access token. */
export function reauthorizeBy(record: StoredConnection, provider: Provider): number {
  const end = Math.min(grantEnd(provider, record.authorizedAt), never)
  return record.refreshToken === undefined ? Math.min(end, record.expiresAt) : end
}

/**
 * The latest moment of authorization that is certain not to promise too much: tokens that work now were authorized
 * within one grant's lifetime, so the worst is that the lifetime ends now.
 */
export function assumedAuthorization(provider: Provider, now: number): number {
  if (provider.grantMonths === undefined) return now
  const start = new Date(now)
  const months = new Date(now)
  months.setUTCMonth(months.getUTCMonth() - provider.grantMonths)
  if (months.getUTCDate() !== start.getUTCDate()) months.setUTCDate(0)
  return months.getTime()
}

/** A grant that ended before its record was made can only come from {@link assumedAuthorization}. */
function authorizedAtAssumed(record: StoredConnection, provider: Provider): boolean {
  return grantEnd(provider, record.authorizedAt) <= record.createdAt
}

/** From when on the access token is refreshed: `margin` before its end, or half of its life if that is shorter. */
export function refreshDueAt(record: StoredConnection, margin: number): number {
  const { expiresAt, refreshedAt, refreshToken } = record
  if (refreshToken === undefined) return expiresAt
  const lifetime = refreshedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, expiresAt - refreshedAt)
  return expiresAt - Math.min(margin, lifetime / 2)
}

/** Whether somebody may be refreshing. A lease further ahead than a lease lasts comes from another clock: ignored. */
export function leaseIsLive(record: StoredConnection, now: number, lease: number): boolean {
  return record.lease !== undefined && record.lease.until > now && record.lease.until - now <= lease
}

/** Whether the last refresh failed so recently that the next one must wait. A failure in the future is not believed. */
export function backingOff(record: StoredConnection, now: number): boolean {
  return record.failure !== undefined && record.failure.at <= now && now < record.nextCheckAt
}

/** What a server said, cut to what every store keeps: a bad value must not cost the tokens that came with it. */
export function storable(answer: { readonly scopes: readonly string[]; readonly expiresAt: number }): {
  readonly scopes: readonly string[]
  readonly expiresAt: number
} {
  return {
    scopes: answer.scopes.filter(isStorable),
    expiresAt: Math.max(-never, Math.min(Math.round(answer.expiresAt), never)),
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
