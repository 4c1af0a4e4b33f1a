import type { CallOptions } from '../../internal/signal.ts'
import { checkDueQuery } from '../common/query.ts'
import type { DueQuery, ReserveQuery, StoredRecord, StoreOptions } from '../store.ts'
import type { RelationalDatabase } from './database.ts'
import { isBehind } from './dialect.ts'
import { compareDueRows, exactValue, validRecords } from './pages.ts'
import { readColumns } from './records.ts'
import type { Row } from './row.ts'
import { join, raw, type Statement, sql } from './statement.ts'

const order = raw('order by next_check_at, owner_id, account')

function isDue(db: RelationalDatabase, { provider, at }: DueQuery, last: Row | undefined): Statement {
  const due = sql`provider = ${provider} and next_check_at <= ${at}`
  if (last === undefined) return due
  const place = (['next_check_at', 'owner_id', 'account'] as const).map(
    (name) => [name, exactValue(last[name])] as const,
  )
  return sql`${due} and ${isBehind(place, db.dialect)}`
}

export async function dueRecords(
  db: RelationalDatabase,
  options: StoreOptions,
  query: DueQuery,
  call: CallOptions | undefined,
): Promise<readonly StoredRecord[]> {
  checkDueQuery(query)
  return validRecords(options, query, (last, size) => {
    const where = isDue(db, query, last)
    return db.read(
      sql`select ${readColumns(db)} from ${db.connections} where ${where} ${order} ${raw(`limit ${size}`)}`,
      call,
    )
  })
}

export async function reserveRecords(
  db: RelationalDatabase,
  options: StoreOptions,
  query: ReserveQuery,
  call: CallOptions | undefined,
): Promise<readonly StoredRecord[]> {
  checkDueQuery(query)
  const { provider, limit, length } = query
  return validRecords(options, { provider, limit, exact: true }, async (last, size) => {
    const clock = db.clock()
    // A reservation that ends later than one can last was made by a wrong clock.
    const free = sql`(reserved_until is null or reserved_until <= ${clock} or reserved_until > ${clock} + ${2 * length})`
    const picked = sql`where ${isDue(db, query, last)} and ${free} ${order} ${raw(`limit ${size}`)}`
    const rows = await reserveBy[db.dialect](db, provider, picked, sql`reserved_until = ${clock} + ${length}`, call)
    return [...rows].sort(compareDueRows)
  })
}

type Reserve = (
  db: RelationalDatabase,
  provider: string,
  picked: Statement,
  assignment: Statement,
  call: CallOptions | undefined,
) => Promise<readonly Row[]>

/** No two callers may get one row: PostgreSQL and SQLite choose and mark rows in one statement, MySQL in a transaction. */
const reserveBy: Readonly<Record<'postgres' | 'mysql' | 'sqlite', Reserve>> = {
  postgres: (db, provider, picked, assignment, call) =>
    db.read(
      sql`with picked as materialized (
        select owner_id, account from ${db.connections} ${picked} for update skip locked
      ) update ${db.connections} set ${assignment}
      where provider = ${provider} and (owner_id, account) in (select owner_id, account from picked)
      returning ${readColumns(db)}`,
      call,
    ),

  mysql: (db, provider, picked, assignment, call) =>
    db.transaction(async (run) => {
      const rows = await run(sql`select ${readColumns(db)} from ${db.connections} ${picked} for update skip locked`)
      if (rows.length === 0) return rows
      const keys = rows.map(
        (row) => sql`(owner_id = ${exactValue(row.owner_id)} and account = ${exactValue(row.account)})`,
      )
      await run(
        sql`update ${db.connections} set ${assignment} where provider = ${provider} and (${join(keys, ' or ')})`,
      )
      return rows
    }, call),

  sqlite: (db, _, picked, assignment, call) =>
    db.read(
      sql`update ${db.connections} set ${assignment}
      where rowid in (select rowid from ${db.connections} ${picked})
      returning ${readColumns(db)}`,
      call,
    ),
}
