import { fromUtf8 } from '../internal/bytes.ts'
import { copyRecord, invalidField, keyIds } from './record.ts'
import type { StoredConnection } from './store.ts'

/** One row as a driver returns it: numbers may be text or bigint, text may be bytes. */
export type Row = Readonly<Record<string, unknown>>

export const columns = [
  'provider',
  'owner_id',
  'revision',
  'account_id',
  'account_name',
  'scopes',
  'access_token',
  'access_key_id',
  'refresh_token',
  'refresh_key_id',
  'expires_at',
  'authorized_at',
  'refreshed_at',
  'status',
  'lease_owner',
  'lease_until',
  'failure_code',
  'failure_at',
  'failure_attempts',
  'next_check_at',
  'created_at',
  'updated_at',
] as const
type Column = (typeof columns)[number]
export type Parameter = string | number | Uint8Array | null

/** The values of a record's columns, in the order of {@link columns}. */
export function toRow(record: StoredConnection): Parameter[] {
  const keys = keyIds(record)
  const values: Record<Column, Parameter | undefined> = {
    provider: record.provider,
    owner_id: record.ownerId,
    revision: record.revision,
    account_id: record.accountId,
    account_name: record.accountName,
    scopes: JSON.stringify(record.scopes),
    access_token: JSON.stringify(record.accessToken),
    access_key_id: keys.access,
    refresh_token: record.refreshToken && JSON.stringify(record.refreshToken),
    refresh_key_id: keys.refresh,
    expires_at: record.expiresAt,
    authorized_at: record.authorizedAt,
    refreshed_at: record.refreshedAt,
    status: record.status,
    lease_owner: record.lease?.owner,
    lease_until: record.lease?.until,
    failure_code: record.failure?.code,
    failure_at: record.failure?.at,
    failure_attempts: record.failure?.attempts,
    next_check_at: record.nextCheckAt,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  }
  return columns.map((column) => values[column] ?? null)
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

function numberOf(value: unknown): number | undefined {
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

/** The record of a row, or the name of the field that makes it corrupt. */
export function fromRow(row: Row): StoredConnection | string {
  const text = (column: Column): string | undefined => textOf(row[column])
  const number = (column: Column): number | undefined => numberOf(row[column])
  const unlessEmpty = (parts: Record<string, unknown>): Record<string, unknown> | undefined =>
    Object.values(parts).every((part) => part === undefined) ? undefined : parts
  const record: Record<keyof StoredConnection, unknown> = {
    provider: text('provider'),
    ownerId: text('owner_id'),
    revision: text('revision'),
    accountId: text('account_id'),
    accountName: text('account_name'),
    scopes: jsonOf(row.scopes),
    accessToken: jsonOf(row.access_token),
    refreshToken: jsonOf(row.refresh_token),
    expiresAt: number('expires_at'),
    authorizedAt: number('authorized_at'),
    refreshedAt: number('refreshed_at'),
    status: text('status'),
    lease: unlessEmpty({ owner: text('lease_owner'), until: number('lease_until') }),
    failure: unlessEmpty({
      code: text('failure_code'),
      at: number('failure_at'),
      attempts: number('failure_attempts'),
    }),
    nextCheckAt: number('next_check_at'),
    createdAt: number('created_at'),
    updatedAt: number('updated_at'),
  }
  const field = invalidField(record)
  if (field !== undefined) return field
  const valid = copyRecord(record)
  const keys = keyIds(valid)
  if (keys.access !== text('access_key_id') || keys.refresh !== text('refresh_key_id')) return 'keyId'
  return valid
}
