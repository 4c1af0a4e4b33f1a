import type { Parameter } from './row.ts'
import { join, raw, type Statement, sql } from './statement.ts'

/** The SQL databases that the stores support. */
export type SqlDialect = 'postgres' | 'mysql' | 'sqlite'

/** The database's clock in epoch milliseconds, whatever the time zone of its session. */
const clocks: Readonly<Record<SqlDialect, Statement>> = {
  postgres: raw('(extract(epoch from clock_timestamp()) * 1000)::bigint'),
  mysql: raw("timestampdiff(microsecond, '1970-01-01', utc_timestamp(3)) div 1000"),
  sqlite: raw("cast(round((julianday('now') - 2440587.5) * 86400000) as integer)"),
}

/** The time in epoch milliseconds, as an expression: of the database, or of `now`. */
export function clock(dialect: SqlDialect, now: (() => number) | undefined): Statement {
  if (now === undefined) return sql`(${clocks[dialect]})`
  return dialect === 'postgres' ? sql`cast(${now()} as bigint)` : sql`${now()}`
}

/** {@link clock} as PostgreSQL can search an index for it: read once, as it does not call the clock twice for one value. */
export function clockToSearch(dialect: SqlDialect, now: (() => number) | undefined): Statement {
  const time = clock(dialect, now)
  return dialect === 'postgres' ? sql`(select ${time})` : time
}

/** The whole number of times that a length fits into a column. */
export function quotient(column: string, length: number, dialect: SqlDialect): Statement {
  return raw(`${column} ${dialect === 'mysql' ? 'div' : '/'} ${length}`)
}

/** Rows behind a place in the order of these columns, in the form that the planner searches an index for. */
export function isBehind(
  place: readonly (readonly [column: string, value: Parameter])[],
  dialect: SqlDialect,
): Statement {
  if (dialect !== 'mysql') {
    const columns = raw(place.map(([column]) => column).join(', '))
    const values = place.map(([, value]) => value)
    return sql`(${columns}) > (${join(values, ', ')})`
  }
  const steps = place.map(([column, value], index) => {
    const equal = place.slice(0, index).map(([before, of]) => sql`${raw(before)} = ${of}`)
    return sql`(${join([...equal, sql`${raw(column)} > ${value}`], ' and ')})`
  })
  return sql`(${join(steps.reverse(), ' or ')})`
}
