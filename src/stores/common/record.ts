import { invalidArgument } from '../../errors.ts'
import type { EncryptedToken } from '../../internal/encrypted-token.ts'
import { isObject } from '../../internal/is-object.ts'
import type { ConnectionId, RemovedConnection, StoredConnection, StoredRecord, StoreOptions } from '../store.ts'
import { type Check, isAccount, isOwnerId, isProvider, optional, shape, text, time } from './values.ts'

const base64url: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value)
const envelope = shape({
  version: (value) => value === 1,
  keyId: text(512),
  dataKeyId: text(255),
  encryptedKey: base64url,
  nonce: base64url,
  encryptedData: base64url,
})
const length: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 86_400_000
const lease = shape({ owner: text(255), id: text(64), length: optional(length) })
const maxPending = 32
const primitive: Check = (value) => value === null || ['string', 'number', 'boolean'].includes(typeof value)
const event = shape({
  id: text(255),
  type: text(64),
  at: time,
  attempts: optional(time),
  data: optional((value) => isObject(value) && Object.values(value).every(primitive)),
})

const shared = {
  provider: isProvider,
  ownerId: isOwnerId,
  account: isAccount,
  app: text(255),
  revision: text(64),
  pending: optional((value) => Array.isArray(value) && value.length <= maxPending && value.every(event)),
  deliverAt: optional(time),
  deliveryLease: optional(lease),
  deliveryLeaseLeft: optional(time),
  nextCheckAt: time,
  createdAt: time,
  updatedAt: time,
} as const
const removedFields: Readonly<Record<keyof RemovedConnection, Check>> = {
  ...shared,
  status: (value) => value === 'removed',
}
const connectionFields: Readonly<Record<keyof StoredConnection, Check>> = {
  ...shared,
  accountId: optional(text(255)),
  accountName: optional((value) => typeof value === 'string'),
  scopes: (value) => Array.isArray(value) && value.every(text(255)),
  accessToken: envelope,
  refreshToken: optional(envelope),
  expiresAt: time,
  authorizedAt: time,
  refreshedAt: optional(time),
  grantEndsAt: optional(time),
  status: (value) => value === 'connected' || value === 'needs_reauth',
  lease: optional(lease),
  leaseLeft: optional(time),
  failure: optional(shape({ code: text(64), at: time, attempts: time, retryAt: optional(time) })),
  checkAt: time,
  warnAt: optional(time),
  notified: optional(text(64)),
}

type FieldName = keyof StoredConnection
const removedNames = Object.keys(removedFields) as FieldName[]
const connectionNames = Object.keys(connectionFields) as FieldName[]

/** The name of the first field that is invalid in a {@link StoredRecord}; `undefined` if all are valid. */
export function invalidField(value: unknown): FieldName | 'record' | undefined {
  if (!isObject(value)) return 'record'
  if (value.status !== 'removed') return connectionNames.find((name) => !connectionFields[name](value[name]))
  return (Object.keys(removedFields) as (keyof RemovedConnection)[]).find((name) => !removedFields[name](value[name]))
}

/** A frozen copy with the known fields only. Call it with a record in which {@link invalidField} found none. */
export function copyRecord(record: { readonly [K in FieldName]?: unknown }): StoredRecord {
  const copy: { -readonly [K in FieldName]?: unknown } = {}
  for (const name of record.status === 'removed' ? removedNames : connectionNames) {
    const value = record[name]
    if (value !== undefined) copy[name] = frozen(value)
  }
  // Every field was checked by `invalidField`, which the compiler cannot see.
  return Object.freeze(copy) as unknown as StoredRecord
}

function frozen(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozen))
  return isObject(value) ? Object.freeze({ ...value }) : value
}

const readOnly = { leaseLeft: undefined, deliveryLeaseLeft: undefined }

/** Users choose this name freely; a character that a database rejects must not prevent them from connecting. */
function storableName(record: StoredRecord): { accountName?: string } {
  if (record.status === 'removed' || record.accountName === undefined) return {}
  return { accountName: record.accountName.replace(/[\0\p{Surrogate}]/gu, '\ufffd') }
}

/** The record that a store writes for `next`. Throws an `INVALID_ARGUMENT` `TypeError` if it could not be read back. */
export function writableRecord(id: ConnectionId, expected: string | undefined, next: StoredRecord): StoredRecord {
  const record = copyRecord({ ...next, ...readOnly, ...storableName(next), account: next.account ?? '' })
  const field = invalidField(record)
  if (field !== undefined) throw invalidArgument(`A connection cannot be stored: its ${field} is not valid.`)
  if (!sameId(record, id)) throw invalidArgument('A connection cannot be stored under the id of another.')
  if (record.revision === expected) throw invalidArgument('Every write of a connection needs a new revision.')
  return record
}

/** Throws an `INVALID_ARGUMENT` `TypeError` unless every database can store and distinguish all parts. */
export function checkId(at: ConnectionId): void {
  if (!isProvider(at.provider)) throw invalidArgument('provider must be 1 to 64 bytes of UTF-8 without NUL.')
  if (!isOwnerId(at.ownerId)) throw invalidArgument('ownerId must be 1 to 255 bytes of UTF-8 without NUL.')
  if (!isAccount(at.account ?? '')) throw invalidArgument('account must be at most 64 bytes of UTF-8 without NUL.')
}

export function sameId(a: ConnectionId, b: ConnectionId): boolean {
  return a.provider === b.provider && a.ownerId === b.ownerId && (a.account ?? '') === (b.account ?? '')
}

/**
 * The id of the key under which a record's tokens are sealed; `''` if its two tokens are under different keys, so that
 * one of them is under another key than any given one. `undefined` without tokens.
 */
export function sealedUnder(record: StoredRecord): string | undefined {
  if (record.status === 'removed') return undefined
  const { accessToken, refreshToken } = record
  return refreshToken === undefined || refreshToken.keyId === accessToken.keyId ? accessToken.keyId : ''
}

/** Whether any token is sealed under another key. */
export function hasOtherKey({ accessToken, refreshToken }: TokensOf, keyId: string): boolean {
  return accessToken.keyId !== keyId || (refreshToken !== undefined && refreshToken.keyId !== keyId)
}

interface TokensOf {
  readonly accessToken: EncryptedToken
  readonly refreshToken?: EncryptedToken | undefined
}

/** Reports a corrupt record. A listener that throws does not affect the caller. */
export function reportCorrupt(options: Pick<StoreOptions, 'onCorrupt'>, id: ConnectionId, field: string): void {
  try {
    options.onCorrupt?.({ provider: id.provider, ownerId: id.ownerId, account: id.account ?? '', field })
  } catch {}
}
