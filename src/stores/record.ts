import { invalidArgument } from '../errors.ts'
import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { isObject } from '../internal/is-object.ts'
import type { ConnectionId, DueQuery, ListQuery, StoredConnection, StoreOptions } from './store.ts'

type Check = (value: unknown) => boolean

const fitsIn = (value: string, maxBytes: number): boolean =>
  value.length * 3 <= maxBytes || new TextEncoder().encode(value).length <= maxBytes
const unstorable = /[\0\p{Surrogate}]/u

/** Text that every database stores and compares unchanged: no NUL, no lone surrogate, bounded length in UTF-8. */
const text =
  (maxBytes: number): Check =>
  (value) =>
    typeof value === 'string' && value !== '' && !unstorable.test(value) && fitsIn(value, maxBytes)
const time: Check = (value) => Number.isSafeInteger(value)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const base64url: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value)
const shape =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) &&
    Object.keys(value).every((key) => Object.hasOwn(checks, key)) &&
    Object.entries(checks).every(([key, check]) => check(value[key]))

const envelope = shape({
  version: (value) => value === 1,
  keyId: text(512),
  dataKeyId: text(255),
  encryptedKey: base64url,
  nonce: base64url,
  encryptedData: base64url,
})

const id = { provider: text(64), ownerId: text(255) }
const fields: Readonly<Record<keyof StoredConnection, Check>> = {
  ...id,
  revision: text(64),
  accountId: optional(text(255)),
  accountName: optional((value) => typeof value === 'string'),
  scopes: (value) => Array.isArray(value) && value.every(text(255)),
  accessToken: envelope,
  refreshToken: optional(envelope),
  expiresAt: time,
  authorizedAt: time,
  refreshedAt: optional(time),
  status: (value) => value === 'connected' || value === 'needs_reauth',
  lease: optional(shape({ owner: text(255), until: time })),
  failure: optional(shape({ code: text(64), at: time, attempts: time })),
  nextCheckAt: time,
  createdAt: time,
  updatedAt: time,
}
const names = Object.keys(fields) as (keyof StoredConnection)[]

/** The name of the first field that is invalid in a {@link StoredConnection}; `undefined` if all are valid. */
export function invalidField(value: unknown): keyof StoredConnection | 'record' | undefined {
  if (!isObject(value)) return 'record'
  return names.find((name) => !fields[name](value[name]))
}

/** A frozen copy with the known fields only. Call it with a record in which {@link invalidField} found none. */
export function copyRecord(record: { readonly [K in keyof StoredConnection]?: unknown }): StoredConnection {
  const copy: { -readonly [K in keyof StoredConnection]?: unknown } = {}
  for (const name of names) {
    const value = record[name]
    if (value === undefined) continue
    copy[name] = Object.freeze(Array.isArray(value) ? [...value] : isObject(value) ? { ...value } : value)
  }
  return Object.freeze(copy) as StoredConnection
}

/** The record that a store writes for `next`. Throws an `INVALID_ARGUMENT` `TypeError` if it could not be read back. */
export function writableRecord(
  id: ConnectionId,
  expected: string | undefined,
  next: StoredConnection,
): StoredConnection {
  // Users choose this name freely; a character that a database rejects must not prevent them from connecting.
  const accountName = next.accountName?.replace(/[\0\p{Surrogate}]/gu, '\ufffd')
  const record = copyRecord({ ...next, accountName })
  const field = invalidField(record)
  if (field !== undefined) throw invalidArgument(`A connection cannot be stored: its ${field} is not valid.`)
  if (record.provider !== id.provider || record.ownerId !== id.ownerId)
    throw invalidArgument('A connection cannot be stored under the id of another.')
  if (record.revision === expected) throw invalidArgument('Every write of a connection needs a new revision.')
  return record
}

/** Throws an `INVALID_ARGUMENT` `TypeError` unless every database can store and distinguish both parts. */
export function checkId(at: ConnectionId): void {
  if (!id.provider(at.provider)) throw invalidArgument('provider must be 1 to 64 bytes of UTF-8 without NUL.')
  if (!id.ownerId(at.ownerId)) throw invalidArgument('ownerId must be 1 to 255 bytes of UTF-8 without NUL.')
}

export function checkQuery(query: ListQuery | DueQuery): void {
  if (!id.provider(query.provider)) throw invalidArgument('provider must be 1 to 64 bytes of UTF-8 without NUL.')
  if (!Number.isSafeInteger(query.limit) || query.limit < 1) throw invalidArgument('limit must be a positive integer.')
  if ('at' in query && !time(query.at)) throw invalidArgument('at must be whole epoch milliseconds.')
}

export function checkMarker(marker: string, expiresAt: number): void {
  if (!text(255)(marker)) throw invalidArgument('A marker must be 1 to 255 bytes of UTF-8 without NUL.')
  if (!time(expiresAt)) throw invalidArgument('expiresAt must be whole epoch milliseconds.')
}

/**
 * When a marker expires. A marker that has already expired comes from a clock behind this one:
 * it is kept for an hour, so that it still works only once.
 */
export function claimExpiry(expiresAt: number, now: number): number {
  return expiresAt > now ? expiresAt : now + 3_600_000
}

/** The ids of the keys under which a record's tokens are sealed. */
export function keyIds(record: { accessToken: EncryptedToken; refreshToken?: EncryptedToken | undefined }): {
  access: string
  refresh: string | undefined
} {
  return { access: record.accessToken.keyId, refresh: record.refreshToken?.keyId }
}

/** Reports a corrupt record. A listener that throws does not affect the caller. */
export function reportCorrupt(options: Pick<StoreOptions, 'onCorrupt'>, id: ConnectionId, field: string): void {
  try {
    options.onCorrupt?.({ provider: id.provider, ownerId: id.ownerId, field })
  } catch {}
}
