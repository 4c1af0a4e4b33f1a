import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CamelCasePlugin,
  DummyDriver,
  Kysely,
  MssqlAdapter,
  MssqlIntrospector,
  MssqlQueryCompiler,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresDialect,
  sql,
} from 'kysely'
import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/errors.ts'
import { sqlStore } from '../../../src/stores/sql.ts'
import { storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available } from '../../support/services.ts'
import { dropTables, mariadbKysely, pgliteKysely, postgresKysely, sqliteKysely } from '../support/kysely.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-migrate-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'migrate.db')
let shared: Kysely<unknown> | undefined
const pglite = (): Kysely<unknown> => {
  shared ??= pgliteKysely()
  return shared
}
afterAll(() => shared?.destroy())

const postgres = await available('postgres')
const databases = [
  { name: 'PostgreSQL', present: postgres, open: () => postgresKysely(2) },
  { name: 'PGlite', present: !postgres, open: () => pglite() },
  { name: 'MariaDB', present: await available('mariadb'), open: () => mariadbKysely(2) },
  { name: 'SQLite', present: true, open: () => sqliteKysely(path) },
]
const record = storedConnection({ ownerId: 'a' })

describe.each(databases.filter(({ present }) => present))('migrate() on $name', ({ open }) => {
  const used: Kysely<unknown>[] = []
  const prefixes: string[] = []
  const db = (): Kysely<unknown> => {
    const opened = open()
    used.push(opened)
    return opened
  }
  const fresh = (): string => {
    const prefix = `sd_${unique()}_`
    prefixes.push(prefix)
    return prefix
  }
  afterAll(async () => {
    const last = open()
    for (const prefix of prefixes) await dropTables(last, prefix)
    for (const opened of new Set([...used, last])) if (opened !== shared) await opened.destroy()
  })
  const versions = async (on: Kysely<unknown>, prefix: string) =>
    (await sql<{ version: number }>`select version from ${sql.table(`${prefix}schema`)}`.execute(on)).rows

  test('is required by every call that comes too early', async () => {
    const store = sqlStore({ db: db(), tablePrefix: fresh() })
    for (const call of [
      () => store.get(record),
      () => store.compareAndSet(record, undefined, record),
      () => store.compareAndSet(record, 'r', undefined),
      () => store.getRemoved(record),
      () => store.list({ provider: 'spotify', limit: 1, keyIdNot: 'k' }),
      () => store.count({ provider: 'spotify', by: 'status' }),
      () => store.reserve({ provider: 'spotify', limit: 1, at: 1, length: 1 }),
      () => store.state.load('k'),
      () => store.state.compareAndSet('k', undefined, Uint8Array.of(1), 1),
      () => store.due({ provider: 'spotify', limit: 1, at: 1 }),
      () => store.claim('m', 1),
    ])
      await expect(call()).rejects.toMatchObject({ name: 'StoreError', code: 'STORE_NOT_MIGRATED', retryable: false })
  })

  test('may be called again, and by many at once', async () => {
    const tablePrefix = fresh()
    const stores = Array.from({ length: 6 }, () => sqlStore({ db: db(), tablePrefix }))
    await Promise.all(stores.map((store) => store.migrate()))
    await stores[0]?.compareAndSet(record, undefined, record)
    await stores[1]?.migrate()
    expect(await stores[2]?.get(record)).toEqual(record)
    expect(await versions(db(), tablePrefix)).toEqual([{ version: 1 }])
  })

  test('ends what a process that was killed half-way has begun', async () => {
    const tablePrefix = fresh()
    const on = db()
    const store = sqlStore({ db: on, tablePrefix })
    await store.migrate()
    await sql`delete from ${sql.table(`${tablePrefix}schema`)}`.execute(on)
    await sql`drop table ${sql.table(`${tablePrefix}claims`)}`.execute(on)
    await store.migrate()
    expect(await store.claim('m', Date.now() + 1000)).toBe(true)
    expect(await versions(on, tablePrefix)).toEqual([{ version: 1 }])
  })

  test('leaves the tables of a newer version of the package alone', async () => {
    const tablePrefix = fresh()
    const on = db()
    const store = sqlStore({ db: on, tablePrefix })
    await store.migrate()
    await sql`insert into ${sql.table(`${tablePrefix}schema`)} (version) values (99)`.execute(on)
    await expect(store.migrate()).rejects.toMatchObject({ code: 'STORE_NOT_MIGRATED', retryable: false })
    await expect(sqlStore({ db: on, tablePrefix }).migrate()).rejects.toMatchObject({ code: 'STORE_NOT_MIGRATED' })
  })

  test('leaves no lock or transaction behind when it fails', async () => {
    const tablePrefix = fresh()
    const on = db()
    await sql`create table ${sql.table(`${tablePrefix}schema`)} (wrong integer)`.execute(on)
    const store = sqlStore({ db: on, tablePrefix })
    await expect(store.migrate()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await sql`drop table ${sql.table(`${tablePrefix}schema`)}`.execute(on)
    await store.migrate()
    expect(await store.get(record)).toBeUndefined()
  })

  test('and the store work under the plugins of an application', async () => {
    const store = sqlStore({ db: db().withPlugin(new CamelCasePlugin()), tablePrefix: fresh() })
    await store.migrate()
    await store.compareAndSet(record, undefined, record)
    expect(await store.get(record)).toEqual(record)
  })
})

describe('a SQL store', () => {
  const dummy = (dialect: {
    createAdapter: () => never
    createIntrospector: () => never
    createQueryCompiler: () => never
  }) => new Kysely<unknown>({ dialect: { ...dialect, createDriver: () => new DummyDriver() } })

  test('refuses databases it does not know, and MySQL dialects that do not count changed rows', async () => {
    const mssql = dummy({
      createAdapter: () => new MssqlAdapter() as never,
      createIntrospector: () => new MssqlIntrospector(undefined as never) as never,
      createQueryCompiler: () => new MssqlQueryCompiler() as never,
    })
    expect(() => sqlStore({ db: mssql })).toThrow(expect.objectContaining({ code: 'CONFIG_UNSUPPORTED_CLIENT' }))
    const silent = dummy({
      createAdapter: () => new MysqlAdapter() as never,
      createIntrospector: () => new MysqlIntrospector(undefined as never) as never,
      createQueryCompiler: () => new MysqlQueryCompiler() as never,
    })
    const store = sqlStore({ db: silent })
    for (const call of [() => store.compareAndSet(record, 'r', undefined), () => store.claim('m', 1)]) {
      await expect(call()).rejects.toBeInstanceOf(ConfigError)
      await expect(call()).rejects.toMatchObject({ code: 'CONFIG_UNSUPPORTED_CLIENT' })
    }
  })

  test('refuses a prefix that is no plain name, a transaction, and to go without a Kysely', async () => {
    expect(() => sqlStore({ db: undefined as never })).toThrow(expect.objectContaining({ code: 'CONFIG_MISSING' }))
    const db = sqliteKysely(':memory:')
    for (const tablePrefix of ['', 'a-b', 'A', 'a"; drop table x', 'x'.repeat(41)])
      expect(() => sqlStore({ db, tablePrefix })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    await db.transaction().execute(async (transaction) => {
      expect(() => sqlStore({ db: transaction })).toThrow(
        expect.objectContaining({ code: 'CONFIG_UNSUPPORTED_CLIENT' }),
      )
    })
    await db.destroy()
  })

  test('leaves the application’s Kysely open when it is closed', async () => {
    const db = sqliteKysely(':memory:')
    const store = sqlStore({ db })
    await store.migrate()
    await store.close()
    await expect(store.get(record)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false })
    await sql`select 1`.execute(db)
    await db.destroy()
    await expect(sqlStore({ db }).get(record)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('is STORE_UNAVAILABLE and retryable while its server does not respond', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const password = 'dont-show-this'
    const pool = new Pool({ host: '127.0.0.1', port, password, user: 'u' })
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    const error = await sqlStore({ db })
      .get(record)
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true, cause: { code: 'ECONNREFUSED' } })
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain(password)
    await db.destroy()
  })

  test.skipIf(!postgres)('lets a caller go who waits for a connection of the pool', async () => {
    const db = postgresKysely(1)
    const store = sqlStore({ db })
    const caller = new AbortController()
    await db.connection().execute(async () => {
      const waiting = store.get(record, { signal: caller.signal })
      caller.abort('enough')
      await expect(waiting).rejects.toBe('enough')
    })
    await db.destroy()
  })
})
