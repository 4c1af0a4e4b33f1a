import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { sqlStore } from '../../../src/stores/sql.ts'
import { storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available } from '../../support/services.ts'
import { dropTables, mariadbKysely, postgresKysely, sqliteKysely } from '../support/kysely.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-reserve-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'reserve.db')
const databases: readonly { name: string; present: boolean; open(): Kysely<unknown> }[] = [
  { name: 'PostgreSQL', present: await available('postgres'), open: () => postgresKysely(1) },
  { name: 'MariaDB', present: await available('mariadb'), open: () => mariadbKysely(1) },
  { name: 'SQLite', present: true, open: () => sqliteKysely(path) },
]

describe.each(databases.filter(({ present }) => present))('eight connections to $name', ({ open }) => {
  test('that reserve at the same time get every record once, each its earliest first', async () => {
    const tablePrefix = `sd_${unique()}_`
    const connections = Array.from({ length: 8 }, open)
    const stores = connections.map((db) => sqlStore({ db, tablePrefix }))
    const [first] = stores
    await first?.migrate()
    const owners = Array.from({ length: 200 }, (_, index) => `user-${index + 100}`)
    for (const [index, ownerId] of owners.entries()) {
      const record = storedConnection({ ownerId, nextCheckAt: index })
      await first?.compareAndSet(record, undefined, record)
    }
    const query = { provider: 'spotify', at: 1e15, limit: 7, length: 600_000 }
    const taken = await Promise.all(
      stores.map(async (store) => {
        const own: string[] = []
        for (;;) {
          const records = await store.reserve(query)
          const times = records.map(({ nextCheckAt }) => nextCheckAt)
          expect(times).toEqual([...times].sort((a, b) => a - b))
          if (records.length === 0) return own
          own.push(...records.map(({ ownerId }) => ownerId))
        }
      }),
    )
    expect(taken.flat().sort()).toEqual(owners)
    // Had one of them taken all, they would not have met.
    expect(taken.filter((own) => own.length > 0).length).toBeGreaterThan(1)
    for (const db of connections.slice(1)) await db.destroy()
    const [db] = connections
    if (db !== undefined) await dropTables(db, tablePrefix)
    await db?.destroy()
  }, 60_000)
})
