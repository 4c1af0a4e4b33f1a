import type { StoredConnection } from '../../stores/store.ts'
import type { Filter, StoreContext } from './store-context.ts'
import { compareText, sealed } from './store-fixtures.ts'

const owners = ['a', 'A', 'ab', 'b', 'é', 'Z', '\u{e000}', '\u{ffee}', '\u{1f600}', '10']
const accounts = ['', 'b', 'B', 'a', '\u{ffee}', '\u{1f3a7}']
const keys: readonly (readonly [access: string, refresh?: string])[] = [
  ['k2', 'k2'],
  ['k1', 'k2'],
  ['k2'],
  ['k2', 'k1'],
  ['k2', 'k2'],
  ['k1', 'k1'],
  ['k2', 'k2'],
]
const day = 86_400_000
const midnight = Date.UTC(2026, 10, 30)
const ends = [midnight, undefined, midnight + day - 1, midnight + 9 * day, undefined, midnight + day, midnight - 1]

/** 60 connections of ten owners, with every combination of two values of different fields. */
export function sample({ record }: StoreContext): StoredConnection[] {
  return Array.from({ length: 60 }, (_, index) => {
    const [access, refresh] = keys[(index * 3) % 7] ?? ['k2']
    return record(owners[Math.floor(index / 6)] ?? '', {
      account: accounts[index % 6] ?? '',
      status: index % 3 === 1 ? 'needs_reauth' : 'connected',
      app: `client-${index % 4}`,
      accountId: index % 5 === 0 ? undefined : `user-${index % 5}`,
      accessToken: sealed(access),
      refreshToken: refresh === undefined ? undefined : sealed(refresh),
      grantEndsAt: ends[(index + Math.floor(index / 7)) % 7],
    })
  })
}

const single: readonly Filter[] = [
  { status: 'needs_reauth' },
  { keyIdNot: 'k2' },
  { app: 'client-1' },
  { ownerId: 'ab' },
  { accountId: 'user-3' },
  { grantEndsBefore: midnight + day },
]
const pairs = single.flatMap((first, index) => single.slice(index + 1).map((second) => ({ ...first, ...second })))

/** Each filter alone. Some connection of the sample matches each, and some does not. */
export const singleFilters: Readonly<Record<string, Filter>> = byName(single)
/** All pairs of filters. */
export const filterPairs: Readonly<Record<string, Filter>> = byName(pairs)

function byName(filters: readonly Filter[]): Record<string, Filter> {
  return Object.fromEntries(filters.map((filter) => [Object.keys(filter).join(' and '), filter]))
}

/** The records that a filter should leave, in the order of a list. */
export function matching(records: readonly StoredConnection[], filter: Filter): StoredConnection[] {
  const { status, keyIdNot, app, ownerId, accountId, grantEndsBefore } = filter
  const found = records.filter((record) => {
    if (status !== undefined && record.status !== status) return false
    if (app !== undefined && record.app !== app) return false
    if (ownerId !== undefined && record.ownerId !== ownerId) return false
    if (accountId !== undefined && record.accountId !== accountId) return false
    if (grantEndsBefore !== undefined && !((record.grantEndsAt ?? grantEndsBefore) < grantEndsBefore)) return false
    return (
      keyIdNot === undefined ||
      [record.accessToken, record.refreshToken].some((token) => token && token.keyId !== keyIdNot)
    )
  })
  const ending = (record: StoredConnection): number => (grantEndsBefore === undefined ? 0 : (record.grantEndsAt ?? 0))
  return found.sort(
    (a, b) => ending(a) - ending(b) || compareText(a.ownerId, b.ownerId) || compareText(a.account, b.account),
  )
}
