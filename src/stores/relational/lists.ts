import type { CallOptions } from '../../internal/signal.ts'
import { checkCountQuery, checkListQuery, cursorOf, dayLength, dayName } from '../common/query.ts'
import type { ConnectionFilter, CountQuery, ListQuery, StoredConnection, StoreOptions } from '../store.ts'
import type { RelationalDatabase } from './database.ts'
import { isBehind, quotient } from './dialect.ts'
import { compareRows, exactValue, validRecords } from './pages.ts'
import { readColumns } from './records.ts'
import { numberOf, type Parameter, type Row, textOf } from './row.ts'
import { join, raw, type Statement, sql } from './statement.ts'

const isConnection = raw("status <> 'removed'")

/** The conditions of a filter. Without a status, it must be said that removed connections do not match. */
function conditions(filter: ConnectionFilter): Statement[] {
  const { provider, status, keyIdNot, app, ownerId, accountId, grantEndsBefore } = filter
  const equal = Object.entries({ provider, status, app, owner_id: ownerId, account_id: accountId })
  return [
    ...equal.flatMap(([column, value]) => (value === undefined ? [] : sql`${raw(column)} = ${value}`)),
    ...(keyIdNot === undefined ? [] : [sql`key_id <> ${keyIdNot}`]),
    ...(grantEndsBefore === undefined ? [] : [sql`grant_ends_at < ${grantEndsBefore}`]),
  ]
}

function conditionsOfConnections(filter: ConnectionFilter): Statement[] {
  return filter.status === undefined ? [...conditions(filter), isConnection] : conditions(filter)
}

const all = (parts: readonly Statement[]): Statement => join(parts, ' and ')

export async function listConnections(
  db: RelationalDatabase,
  options: StoreOptions,
  query: ListQuery,
  call: CallOptions | undefined,
): Promise<readonly StoredConnection[]> {
  checkListQuery(query)
  const { provider, limit, keyIdNot, grantEndsBefore, ...rest } = query
  const order = grantEndsBefore === undefined ? 'owner_id, account' : 'grant_ends_at, owner_id, account'
  const start = cursorOf(query)
  const place = (last: Row | undefined): (readonly [string, Parameter])[] | undefined => {
    if (last === undefined && start === undefined) return undefined
    const time = last === undefined ? (start?.grantEndsAt ?? 0) : exactValue(last.grant_ends_at)
    const owner = last === undefined ? (start?.ownerId ?? '') : exactValue(last.owner_id)
    const account = last === undefined ? (start?.account ?? '') : exactValue(last.account)
    const byOwner = [['owner_id', owner] as const, ['account', account] as const]
    return grantEndsBefore === undefined ? byOwner : [['grant_ends_at', time], ...byOwner]
  }
  const read = (where: readonly Statement[], last: Row | undefined, size: number): Promise<readonly Row[]> => {
    const at = place(last)
    const condition = all(at === undefined ? where : [...where, isBehind(at, db.dialect)])
    const ordered = raw(`order by ${order} limit ${size}`)
    return db.read(sql`select ${readColumns(db)} from ${db.connections} where ${condition} ${ordered}`, call)
  }
  let pages = (last: Row | undefined, size: number) => read(conditionsOfConnections(query), last, size)
  if (keyIdNot !== undefined && grantEndsBefore === undefined) {
    // Each of the few other keys has a range of its index in the order of the list.
    const keys = await otherKeys(db, provider, keyIdNot, call)
    const filter = conditions({ provider, ...rest })
    pages = async (last, size) => {
      const sources: (readonly Row[])[] = []
      for (const key of keys) sources.push(await read([...filter, sql`key_id = ${key}`], last, size))
      return unique(sources.flat().sort(compareRows)).slice(0, size)
    }
  }
  const records = await validRecords(options, { provider, limit }, pages)
  return records.filter((record): record is StoredConnection => record.status !== 'removed')
}

/** A row that got another key between two reads is in both. */
function unique(sorted: readonly Row[]): Row[] {
  return sorted.filter((row, index) => index === 0 || compareRows(row, sorted[index - 1] ?? {}) !== 0)
}

/** Every key id of the table except `not`: one search of the index for each of the few values. */
async function otherKeys(
  db: RelationalDatabase,
  provider: string,
  not: string,
  call: CallOptions | undefined,
): Promise<string[]> {
  const found: string[] = []
  for (let next = sql`key_id >= ${''}`; ; ) {
    const where = sql`where provider = ${provider} and ${next} order by key_id limit 1`
    const [row] = await db.read(sql`select key_id from ${db.connections} ${where}`, call)
    const key = textOf(row?.key_id)
    if (key === undefined) return found
    if (key !== not) found.push(key)
    next = sql`key_id > ${key}`
  }
}

export async function countConnections(
  db: RelationalDatabase,
  query: CountQuery,
  call: CallOptions | undefined,
): Promise<Readonly<Record<string, number>>> {
  checkCountQuery(query)
  const rows = await db.read(query.by === 'status' ? byStatus(db, query) : byDay(db, query), call)
  const groupOf = (row: Row): string => (query.by === 'status' ? `${textOf(row.category)}` : dayOf(row))
  return Object.fromEntries(
    rows.flatMap((row) => (Number(row.total) === 0 ? [] : [[groupOf(row), Number(row.total)] as const])),
  )
}

/** A time beyond all dates is as good as none. */
function dayOf(row: Row): string {
  const day = numberOf(row.category)
  return dayName(day !== undefined && Math.abs(day) <= 1e8 ? day : undefined)
}

function byStatus(db: RelationalDatabase, query: CountQuery): Statement {
  const where = all(conditionsOfConnections(query))
  return sql`select status as category, count(*) as total from ${db.connections} where ${where} group by status`
}

/** Only connections have an end, so those with one are counted in the index alone. */
function byDay(db: RelationalDatabase, query: CountQuery): Statement {
  const filter = conditions(query)
  // MariaDB would read the rows of the whole table.
  const hint = db.dialect === 'mysql' && filter.length === 1 ? sql` force index (${db.grantEndIndex})` : raw('')
  const from = sql`from ${db.connections}${hint}`
  const day = quotient('grant_ends_at', dayLength, db.dialect)
  const ending = all([...filter, raw('grant_ends_at is not null')])
  const days = sql`select ${day} as category, count(*) as total ${from} where ${ending} group by ${day}`
  if (query.grantEndsBefore !== undefined) return days
  const never = all([...conditionsOfConnections(query), raw('grant_ends_at is null')])
  return sql`${days} union all select null, count(*) ${from} where ${never}`
}
