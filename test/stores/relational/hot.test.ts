import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { sqlStore } from '../../../src/stores/sql.ts'
import type { StoredConnection } from '../../../src/stores/store.ts'
import { sealed, storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available } from '../../support/services.ts'
import { dropTables, postgresKysely } from '../support/kysely.ts'

const connections = 8
/** A token of about 500 bytes of JSON, which PostgreSQL cannot compress. */
const token = () => ({ ...sealed('k1'), encryptedData: Array.from({ length: 20 }, unique).join('') })

describe.skipIf(!(await available('postgres')))('a sweep of 200 connections on PostgreSQL', () => {
  test('touches no index when it writes the leases, in nine of ten rows at least', async () => {
    const tablePrefix = `sd_${unique()}_`
    const table = `${tablePrefix}connections`
    const db = postgresKysely(connections)
    const observer = postgresKysely(1)
    const store = sqlStore({ db, tablePrefix })
    await store.migrate()
    await sql.raw(`alter table ${table} set (autovacuum_enabled = off)`).execute(db)

    let records = Array.from({ length: 200 }, (_, index) =>
      storedConnection({
        ownerId: `user-${index + 100}`,
        accessToken: token(),
        refreshToken: token(),
        nextCheckAt: index,
      }),
    )
    for (const record of records) await store.compareAndSet(record, undefined, record)
    async function writeAll(change: (record: StoredConnection) => StoredConnection): Promise<void> {
      const next = records.map((record) => ({ ...change(record), revision: unique() }))
      const queue = [...next.keys()]
      const write = async (): Promise<void> => {
        for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
          const [before, after] = [records[index], next[index]]
          if (before && after) expect(await store.compareAndSet(before, before.revision, after)).toBe(true)
        }
      }
      await Promise.all(Array.from({ length: connections }, write))
      records = next
    }
    /** Every connection of the pool reports at the end of the statement that says so. */
    async function updates(): Promise<{ all: number; hot: number }> {
      const flush = sql.raw('select pg_stat_force_next_flush(), pg_sleep(0.05)')
      await Promise.all(Array.from({ length: connections }, () => flush.execute(db)))
      const counts = sql<{ all: string; hot: string }>`
        select n_tup_upd as all, n_tup_hot_upd as hot from pg_stat_user_tables where relname = ${table}`
      const [row] = (await counts.execute(observer)).rows
      return { all: Number(row?.all), hot: Number(row?.hot) }
    }

    for (const round of [1, 2]) {
      const before = await updates()
      await writeAll((record) => ({ ...record, lease: { owner: 'p1', id: unique(), length: 60_000 } }))
      const leased = await updates()
      await writeAll(({ lease: _, ...record }) => ({
        ...record,
        accessToken: token(),
        nextCheckAt: record.nextCheckAt + 1000 * round,
      }))
      expect(leased.all - before.all).toBe(200)
      expect(leased.hot - before.hot).toBeGreaterThanOrEqual(180)
    }
    await dropTables(db, tablePrefix)
    await db.destroy()
    await observer.destroy()
  }, 60_000)
})
