import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlStore } from '../../src/stores/sql.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'
import { storedConnection, unique } from '../../src/testing/contracts/store-fixtures.ts'
import { available } from '../support/services.ts'
import { dropTables, mariadbKysely, pgliteKysely, postgresKysely, sqliteKysely } from './support/kysely.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-sql-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Database {
  readonly name: string
  readonly present: boolean
  open(): Kysely<unknown>
}
const postgres = await available('postgres')
const mariadb = await available('mariadb')
const databases: readonly Database[] = [
  { name: 'PostgreSQL', present: postgres, open: () => postgresKysely() },
  { name: 'PGlite', present: true, open: () => pgliteKysely() },
  { name: 'MariaDB', present: mariadb, open: () => mariadbKysely() },
  { name: 'SQLite', present: true, open: () => sqliteKysely(join(folder, `${unique()}.db`)) },
]

const clocks = [
  { clock: 'of the database', fake: false },
  { clock: 'of the test', fake: true },
]

describe.each(databases.filter(({ present }) => present))('the SQL store on $name', ({ open }) => {
  describe.each(clocks)('by the clock $clock', ({ fake }) => {
    const tablePrefix = `sd_${unique()}_`
    const db = open()
    let ahead = 0
    const options = { db, tablePrefix, now: fake ? () => Date.now() + ahead : undefined }
    const store = sqlStore(options)
    const other = sqlStore(options)
    beforeAll(() => store.migrate(), 90_000)
    afterAll(async () => {
      await dropTables(db, tablePrefix)
      await db.destroy()
    })

    const advance = (ms: number): void => {
      ahead += ms
    }
    const contract = storeContract({
      store: () => store,
      other: () => other,
      ...(fake ? { advance } : {}),
      async corrupt({ provider, ownerId, account = '' }) {
        const table = sql.table(`${tablePrefix}connections`)
        const where = sql`provider = ${provider} and owner_id = ${ownerId} and account = ${account}`
        await sql`update ${table} set access_token = 'BQDplaintext' where ${where}`.execute(db)
      },
    })
    for (const { name, run } of contract) test(name, run)
  })
})

test('a file of sqliteStore can be read and written through sqlStore, and the other way round', async () => {
  const path = join(folder, 'both.db')
  const record = storedConnection({ ownerId: 'a' })
  const next = storedConnection({ ownerId: 'a' })
  const file = sqliteStore(path)
  await file.compareAndSet(record, undefined, record)
  const db = sqliteKysely(path)
  const store = sqlStore({ db })
  await store.migrate()
  expect(await store.get(record)).toEqual(record)
  expect(await store.compareAndSet(record, record.revision, next)).toBe(true)
  expect(await file.get(record)).toEqual(next)
  await file.close()
  await db.destroy()
})

test.skipIf(!mariadb)('an owner that is no UTF-8 stops no page on MariaDB', async () => {
  const tablePrefix = `sd_${unique()}_`
  const db = mariadbKysely(1)
  const corrupt: string[] = []
  const store = sqlStore({ db, tablePrefix, onCorrupt: ({ ownerId }) => void corrupt.push(ownerId) })
  await store.migrate()
  for (const ownerId of ['a', 'b', 'c']) {
    const record = storedConnection({ ownerId })
    await store.compareAndSet(record, undefined, record)
  }
  const table = sql.table(`${tablePrefix}connections`)
  await sql`update ${table} set owner_id = x'62ff' where owner_id = 'b'`.execute(db)
  expect(await store.list({ provider: 'spotify', limit: 1, after: 'a' })).toMatchObject([{ ownerId: 'c' }])
  expect(await store.list({ provider: 'spotify', limit: 9, keyIdNot: 'k' })).toHaveLength(2)
  expect(await store.due({ provider: 'spotify', limit: 9, at: 1e15 })).toHaveLength(2)
  expect(await store.reserve({ provider: 'spotify', limit: 2, at: 1e15, length: 9 })).toHaveLength(2)
  expect(new Set(corrupt)).toEqual(new Set(['b\ufffd']))
  await dropTables(db, tablePrefix)
  await db.destroy()
})
