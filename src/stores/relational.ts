import { jitter } from '../internal/jitter.ts'
import type { CallOptions } from '../internal/signal.ts'
import { abortable, sleep } from '../internal/signal.ts'
import { compareCodePoints } from './code-points.ts'
import { placeholders, type SqlDialect } from './dialect.ts'
import { closedError, corruptError, driverFailure, storeError } from './driver-error.ts'
import { checkId, checkMarker, checkQuery, claimExpiry, reportCorrupt, writableRecord } from './record.ts'
import { columns, fromRow, type Parameter, type Row, textOf, toRow } from './row.ts'
import type { StoredConnection, StoreOptions, TokenStore } from './store.ts'

/** The driver that runs the statements of a relational store. */
export interface SqlDriver {
  readonly dialect: SqlDialect
  /** Runs one statement on its own; returns its rows and the number of rows it changed. */
  run(
    sql: string,
    parameters: readonly Parameter[],
    signal?: AbortSignal | undefined,
  ): Promise<{ rows: readonly Row[]; changed: number }>
  close?(): Promise<void>
}

const minPageSize = 100

/** A store on any database for which {@link migrations} has a schema. */
export function relationalStore(driver: SqlDriver, prefix: string, options: StoreOptions): Required<TokenStore> {
  const now = options.now ?? Date.now
  const table = `${prefix}connections`
  const claims = `${prefix}claims`
  const all = columns.join(', ')
  const isKey = 'provider = ? and owner_id = ?'
  const insert = `insert into ${table} (${all}) values (${columns.map(() => '?').join(', ')})`
  const update = `update ${table} set ${columns
    .slice(2)
    .map((column) => `${column} = ?`)
    .join(', ')}`
  let closed = false

  /** Runs a statement, and runs it again if the database rolled it back because of a conflict. */
  async function run(sql: string, parameters: readonly Parameter[], signal: AbortSignal | undefined) {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      if (closed) throw closedError()
      try {
        return await abortable(driver.run(placeholders(sql, driver.dialect), parameters, signal), signal)
      } catch (error) {
        signal?.throwIfAborted()
        if (driverFailure(error) !== 'conflict' || attempt === 10) throw error
        await sleep(jitter(10 * attempt), signal)
      }
    }
  }
  async function execute(sql: string, parameters: readonly Parameter[], call: CallOptions | undefined) {
    try {
      return await run(sql, parameters, call?.signal)
    } catch (error) {
      call?.signal?.throwIfAborted()
      throw storeError(error)
    }
  }

  /** True if the row is new; an existing row is not an error. */
  async function insertNew(sql: string, key: string, parameters: readonly Parameter[], call: CallOptions | undefined) {
    const ignoreDuplicate = driver.dialect === 'mysql' ? sql : `${sql} on conflict (${key}) do nothing`
    try {
      return (await run(ignoreDuplicate, parameters, call?.signal)).changed === 1
    } catch (error) {
      call?.signal?.throwIfAborted()
      if (driverFailure(error) === 'duplicate') return false
      throw storeError(error)
    }
  }

  /** Up to `limit` valid records; corrupt rows are reported and skipped, so a short page is the last one. */
  async function validRecords(
    limit: number,
    provider: string,
    page: (last: Row | undefined, size: number) => Promise<readonly Row[]>,
  ): Promise<readonly StoredConnection[]> {
    const found: StoredConnection[] = []
    let last: Row | undefined
    for (let size = limit; ; size = Math.max(limit, minPageSize)) {
      const rows = await page(last, size)
      for (const row of rows) {
        const record = fromRow(row)
        if (typeof record !== 'string') found.push(record)
        else reportCorrupt(options, { provider, ownerId: ownerOf(row) }, record)
        if (found.length === limit) return found
      }
      const end = rows.at(-1)
      if (rows.length < size || end?.owner_id === last?.owner_id) return found
      last = end
    }
  }

  /** Every value except `not` in a column of key ids: one index lookup for each of the few values. */
  async function otherKeys(column: string, provider: string, not: string, call: CallOptions | undefined) {
    const found: string[] = []
    for (let after = ''; ; ) {
      const sql = `select ${column} as key_id from ${table} where provider = ? and ${column} > ? order by ${column} limit 1`
      const { rows } = await execute(sql, [provider, after], call)
      const key = textOf(rows[0]?.key_id)
      if (key === undefined) return found
      if (key !== not) found.push(key)
      after = key
    }
  }

  return {
    async get(id, call) {
      checkId(id)
      const { rows } = await execute(`select ${all} from ${table} where ${isKey}`, [id.provider, id.ownerId], call)
      const row = rows[0]
      if (row === undefined) return undefined
      const record = fromRow(row)
      if (typeof record === 'string' || record.provider !== id.provider || record.ownerId !== id.ownerId)
        throw corruptError(textOf(row.revision))
      return record
    },

    async compareAndSet(id, expected, next, call) {
      checkId(id)
      const key = [id.provider, id.ownerId]
      if (next === undefined) {
        if (expected !== undefined) {
          const sql = `delete from ${table} where ${isKey} and revision = ?`
          return (await execute(sql, [...key, expected], call)).changed === 1
        }
        return (await execute(`select revision from ${table} where ${isKey}`, key, call)).rows.length === 0
      }
      const row = toRow(writableRecord(id, expected, next))
      if (expected === undefined) return insertNew(insert, 'provider, owner_id', row, call)
      const sql = `${update} where ${isKey} and revision = ?`
      return (await execute(sql, [...row.slice(2), ...key, expected], call)).changed === 1
    },

    async list(query, call) {
      checkQuery(query)
      const { provider, limit, status, keyIdNot } = query
      const sources: [column: string, value: string][] = []
      if (keyIdNot !== undefined) {
        for (const column of ['access_key_id', 'refresh_key_id'])
          for (const key of await otherKeys(column, provider, keyIdNot, call)) sources.push([column, key])
      } else if (status !== undefined) sources.push(['status', status])
      return validRecords(limit, provider, async (last, size) => {
        const after = last === undefined ? query.after : cursorOf(last)
        const read = async (column?: string, value?: string): Promise<readonly Row[]> => {
          const conditions: [sql: string, value: Parameter | undefined][] = [
            ['provider = ?', provider],
            [`${column} = ?`, value],
            ['status = ?', column === 'status' ? undefined : status],
            ['owner_id > ?', after],
          ]
          const used = conditions.filter(([, parameter]) => parameter !== undefined)
          const where = used.map(([sql]) => sql).join(' and ')
          const sql = `select ${all} from ${table} where ${where} order by owner_id limit ${size}`
          return (
            await execute(
              sql,
              used.map(([, parameter]) => parameter as Parameter),
              call,
            )
          ).rows
        }
        if (keyIdNot === undefined) return read(...(sources[0] ?? []))
        const merged = new Map<string, Row>()
        for (const [column, value] of sources)
          for (const row of await read(column, value)) merged.set(ownerOf(row), row)
        return [...merged]
          .sort(([a], [b]) => compareCodePoints(a, b))
          .slice(0, size)
          .map(([, row]) => row)
      })
    },

    async due(query, call) {
      checkQuery(query)
      const where = 'provider = ? and next_check_at <= ?'
      const afterCursor = 'and next_check_at >= ? and (next_check_at > ? or owner_id > ?)'
      return validRecords(query.limit, query.provider, async (last, size) => {
        const sql = `select ${all} from ${table} where ${where} ${last ? afterCursor : ''} order by next_check_at, owner_id limit ${size}`
        const cursor = last === undefined ? [] : [`${last.next_check_at}`, `${last.next_check_at}`, cursorOf(last)]
        return (await execute(sql, [query.provider, query.at, ...cursor], call)).rows
      })
    },

    async claim(marker, expiresAt, call) {
      checkMarker(marker, expiresAt)
      const at = now()
      const until = claimExpiry(expiresAt, at)
      const expired = `select marker from ${claims} where expires_at <= ? order by expires_at limit ${minPageSize}`
      const { rows } = await execute(expired, [at], call)
      const markers = rows.flatMap((row) => textOf(row.marker) ?? [])
      if (markers.length > 0) {
        const sql = `delete from ${claims} where marker in (${markers.map(() => '?').join(', ')}) and expires_at <= ?`
        await execute(sql, [...markers, at], call)
      }
      if (await insertNew(`insert into ${claims} (marker, expires_at) values (?, ?)`, 'marker', [marker, until], call))
        return true
      const reclaim = `update ${claims} set expires_at = ? where marker = ? and expires_at <= ?`
      return (await execute(reclaim, [until, marker, at], call)).changed === 1
    },

    async close() {
      if (closed) return
      closed = true
      await driver.close?.()
    },
  }
}

/** For reports and sorting: bytes that are not UTF-8 become U+FFFD. */
function ownerOf(row: Row): string {
  const owner = row.owner_id
  return owner instanceof Uint8Array ? new TextDecoder().decode(owner) : `${owner}`
}

/** For the next page: the exact value of the database, otherwise a row that cannot be decoded would be read again and again. */
function cursorOf(row: Row): Parameter {
  return row.owner_id instanceof Uint8Array ? row.owner_id : `${row.owner_id}`
}
