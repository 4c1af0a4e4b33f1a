import { invalidArgument } from '../../errors.ts'
import type { ConnectionFilter, CountQuery, DueQuery, ListCursor, ListQuery, StoredConnection } from '../store.ts'
import { compareCodePoints } from './code-points.ts'
import { hasOtherKey } from './record.ts'
import { isAccount, isOwnerId, isProvider, text, time } from './values.ts'

/** A record's place among those of its provider. */
export interface Place {
  readonly ownerId: string
  readonly account: string
}

/** By the code points of the owner, then of the account. */
export function comparePlaces(a: Place, b: Place): number {
  return compareCodePoints(a.ownerId, b.ownerId) || compareCodePoints(a.account, b.account)
}

/** The place after which a list starts, and with `grantEndsBefore` the time of that place. */
export function cursorOf({
  after,
  grantEndsBefore,
}: ListQuery): (Place & { readonly grantEndsAt: number }) | undefined {
  if (after === undefined) return undefined
  const cursor: ListCursor = typeof after === 'string' ? { ownerId: after } : after
  const { ownerId, account = '', grantEndsAt } = cursor
  if (!isOwnerId(ownerId) || !isAccount(account)) throw invalidArgument('after is a record, or the id of an owner.')
  if (grantEndsBefore !== undefined && !time(grantEndsAt))
    throw invalidArgument('With grantEndsBefore, after needs the grantEndsAt of the last record.')
  return { ownerId, account, grantEndsAt: grantEndsAt ?? 0 }
}

/** Whether a connection matches every filter of the query but its provider. */
export function matches(record: StoredConnection, filter: Omit<ConnectionFilter, 'provider'>): boolean {
  const { status, keyIdNot, app, ownerId, accountId, grantEndsBefore } = filter
  return (
    (status === undefined || record.status === status) &&
    (keyIdNot === undefined || hasOtherKey(record, keyIdNot)) &&
    (app === undefined || record.app === app) &&
    (ownerId === undefined || record.ownerId === ownerId) &&
    (accountId === undefined || record.accountId === accountId) &&
    (grantEndsBefore === undefined || (record.grantEndsAt !== undefined && record.grantEndsAt < grantEndsBefore))
  )
}

export const dayLength = 86_400_000

/** The group of a connection whose grant ends in the given number of days since 1970: `2026-11-30`, or `never`. */
export function dayName(day: number | undefined): string {
  const date = new Date((day ?? Number.NaN) * dayLength)
  // A time can be stored that no date can represent.
  return Number.isNaN(date.getTime()) ? 'never' : date.toISOString().slice(0, 10)
}

const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  status: (value) => value === 'connected' || value === 'needs_reauth',
  keyIdNot: text(512),
  app: text(255),
  ownerId: isOwnerId,
  accountId: text(255),
  grantEndsBefore: time,
}

function checkFilter(query: ConnectionFilter): void {
  if (!isProvider(query.provider)) throw invalidArgument('provider must be 1 to 64 bytes of UTF-8 without NUL.')
  for (const [name, check] of Object.entries(checks)) {
    const value = query[name as keyof ConnectionFilter]
    if (value !== undefined && !check(value)) throw invalidArgument(`The filter ${name} is not valid.`)
  }
}

function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1) throw invalidArgument('limit must be a positive integer.')
}

export function checkListQuery(query: ListQuery): void {
  checkFilter(query)
  checkLimit(query.limit)
  cursorOf(query)
}

export function checkCountQuery(query: CountQuery): void {
  checkFilter(query)
  if (query.by !== 'status' && query.by !== 'grantEndsOn') throw invalidArgument('by is status or grantEndsOn.')
}

export function checkDueQuery(query: DueQuery & { readonly length?: number }): void {
  if (!isProvider(query.provider)) throw invalidArgument('provider must be 1 to 64 bytes of UTF-8 without NUL.')
  checkLimit(query.limit)
  if (!time(query.at)) throw invalidArgument('at must be whole epoch milliseconds.')
  if ('length' in query && !(time(query.length) && (query.length as number) > 0))
    throw invalidArgument('length must be a positive number of milliseconds.')
}
