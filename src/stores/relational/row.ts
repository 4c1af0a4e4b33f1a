import { fromUtf8 } from '../../internal/bytes.ts'
import { copyRecord, invalidField, sealedUnder } from '../common/record.ts'
import type { StoredConnection, StoredRecord } from '../store.ts'

/** One row as a driver returns it: numbers may be text or bigint, text may be bytes. */
export type Row = Readonly<Record<string, unknown>>
export type Parameter = string | number | Uint8Array | null

/** The columns that identify a row. */
export const keyColumns = ['provider', 'owner_id', 'account'] as const
/** The other columns that hold a field as it is; the ends of leases and reservations are the database's own. */
export const fieldColumns = [
  'app',
  'revision',
  'account_id',
  'account_name',
  'scopes',
  'access_token',
  'refresh_token',
  'key_id',
  'expires_at',
  'authorized_at',
  'refreshed_at',
  'grant_ends_at',
  'status',
  'lease_owner',
  'lease_id',
  'delivery_owner',
  'delivery_id',
  'failure_code',
  'failure_at',
  'failure_attempts',
  'failure_retry_at',
  'check_at',
  'warn_at',
  'deliver_at',
  'next_check_at',
  'pending',
  'notified',
  'created_at',
  'updated_at',
] as const
type Column = (typeof keyColumns)[number] | (typeof fieldColumns)[number]

const json = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value))

/** The values of a record's columns, in the order of {@link fieldColumns}. */
export function toRow(record: StoredRecord): Parameter[] {
  const connection: Partial<StoredConnection> = record.status === 'removed' ? {} : record
  const values: Record<(typeof fieldColumns)[number], Parameter | undefined> = {
    app: record.app,
    revision: record.revision,
    account_id: connection.accountId,
    account_name: connection.accountName,
    scopes: json(connection.scopes),
    access_token: json(connection.accessToken),
    refresh_token: json(connection.refreshToken),
    key_id: sealedUnder(record),
    expires_at: connection.expiresAt,
    authorized_at: connection.authorizedAt,
    refreshed_at: connection.refreshedAt,
    grant_ends_at: connection.grantEndsAt,
    status: record.status,
    lease_owner: connection.lease?.owner,
    lease_id: connection.lease?.id,
    delivery_owner: record.deliveryLease?.owner,
    delivery_id: record.deliveryLease?.id,
    failure_code: connection.failure?.code,
    failure_at: connection.failure?.at,
    failure_attempts: connection.failure?.attempts,
    failure_retry_at: connection.failure?.retryAt,
    check_at: connection.checkAt,
    warn_at: connection.warnAt,
    deliver_at: record.deliverAt,
    next_check_at: record.nextCheckAt,
    pending: json(record.pending),
    notified: connection.notified,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  }
  return fieldColumns.map((column) => values[column] ?? null)
}

/** Text of a column; bytes that are not UTF-8 count as absent. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!(value instanceof Uint8Array)) return undefined
  try {
    return fromUtf8(value)
  } catch {
    return undefined
  }
}

export function numberOf(value: unknown): number | undefined {
  if (value === null || value === undefined || value === '') return undefined
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string'
    ? Number(value)
    : Number.NaN
}

function jsonOf(value: unknown): unknown {
  const text = textOf(value)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

const isAbsent = (part: unknown): boolean => part === undefined
const unlessEmpty = (parts: Record<string, unknown>): Record<string, unknown> | undefined =>
  Object.values(parts).every(isAbsent) ? undefined : parts

/** The record of a row, or the name of the field that makes it corrupt. */
export function fromRow(row: Row): StoredRecord | string {
  const text = (column: Column): string | undefined => textOf(row[column])
  const number = (column: Column): number | undefined => numberOf(row[column])
  const record: Record<keyof StoredConnection, unknown> = {
    provider: text('provider'),
    ownerId: text('owner_id'),
    account: text('account'),
    app: text('app'),
    revision: text('revision'),
    accountId: text('account_id'),
    accountName: text('account_name'),
    scopes: jsonOf(row.scopes),
    accessToken: jsonOf(row.access_token),
    refreshToken: jsonOf(row.refresh_token),
    expiresAt: number('expires_at'),
    authorizedAt: number('authorized_at'),
    refreshedAt: number('refreshed_at'),
    grantEndsAt: number('grant_ends_at'),
    status: text('status'),
    lease: unlessEmpty({ owner: text('lease_owner'), id: text('lease_id') }),
    leaseLeft: numberOf(row.lease_left),
    deliveryLease: unlessEmpty({ owner: text('delivery_owner'), id: text('delivery_id') }),
    deliveryLeaseLeft: numberOf(row.delivery_left),
    failure: unlessEmpty({
      code: text('failure_code'),
      at: number('failure_at'),
      attempts: number('failure_attempts'),
      retryAt: number('failure_retry_at'),
    }),
    checkAt: number('check_at'),
    warnAt: number('warn_at'),
    deliverAt: number('deliver_at'),
    nextCheckAt: number('next_check_at'),
    pending: jsonOf(row.pending),
    notified: text('notified'),
    createdAt: number('created_at'),
    updatedAt: number('updated_at'),
  }
  const field = invalidField(record) ?? mismatch(record)
  if (field !== undefined) return field
  const valid = copyRecord(record)
  return sealedUnder(valid) === text('key_id') ? valid : 'keyId'
}

/** A field that contradicts another: a lease without an end, an end without a lease, a token of a removed connection. */
function mismatch(record: Record<keyof StoredConnection, unknown>): keyof StoredConnection | undefined {
  if (isAbsent(record.lease) !== isAbsent(record.leaseLeft)) return 'lease'
  if (isAbsent(record.deliveryLease) !== isAbsent(record.deliveryLeaseLeft)) return 'deliveryLease'
  if (record.status !== 'removed') return undefined
  return (['accessToken', 'refreshToken'] as const).find((name) => !isAbsent(record[name]))
}
