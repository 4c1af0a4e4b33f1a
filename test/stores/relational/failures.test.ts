import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { sqlStore } from '../../../src/stores/sql.ts'
import { storeContract } from '../../../src/testing/contracts/store.ts'
import { storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'
import { dropTables, mariadbKysely, pgliteKysely, postgresKysely, sqliteKysely } from '../support/kysely.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-failures-'))
afterAll(() => rmSync(folder, { recursive: true }))
const postgres = await available('postgres')

describe.each(
  [
    { name: 'PostgreSQL', present: postgres, open: () => postgresKysely(1) },
    { name: 'PGlite', present: !postgres, open: () => pgliteKysely() },
    { name: 'MariaDB', present: await available('mariadb'), open: () => mariadbKysely(1) },
    { name: 'SQLite', present: true, open: () => sqliteKysely(join(folder, 'refuses.db')) },
  ].filter(({ present }) => present),
)('$name', ({ name, open }) => {
  test('refuses a row, and nothing of the row shows in the error', async () => {
    const db = open()
    const tablePrefix = `sd_${unique()}_`
    const store = sqlStore({ db, tablePrefix })
    await store.migrate()
    // An index of the operator's own: the driver's error speaks of the row that breaks it.
    const table = `${tablePrefix}connections`
    await sql
      .raw(`create unique index ${tablePrefix}account on ${table} (account_id, scopes)`)
      .execute(db)
      .catch(async () => {
        await sql.raw(`create unique index ${tablePrefix}account on ${table} (account_id, scopes(99))`).execute(db)
      })
    const first = storedConnection({ ownerId: 'first', accountId: 'account-of-a-user' })
    const second = {
      ...storedConnection({ ownerId: 'second', accountId: 'account-of-a-user' }),
      scopes: first.scopes,
    }
    await store.compareAndSet(first, undefined, first)
    const unrelated = storedConnection({ ownerId: 'second' })
    await store.compareAndSet(second, undefined, unrelated)
    const raw =
      await sql`update ${sql.table(table)} set account_id = 'account-of-a-user', scopes = ${JSON.stringify(first.scopes)}`
        .execute(db)
        .catch((caught: unknown) => caught)
    expect(inspect(raw).includes('account-of-a-user')).toBe(name !== 'SQLite')
    const error = await store.compareAndSet(second, unrelated.revision, second).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'StoreError', code: 'STORE_UNAVAILABLE' })
    const shown = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${(error as Error).stack}`
    for (const value of ['account-of-a-user', 'second', second.revision, second.accessToken.encryptedData])
      expect(shown).not.toContain(value)
    await dropTables(db, tablePrefix)
    await db.destroy()
  })
})

describe.skipIf(!postgres)('PostgreSQL', () => {
  const as = (settings: object): Kysely<unknown> =>
    new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: new Pool({ connectionString: urls.postgres, ...settings }) }),
    })

  test('lets a user who may not create tables call migrate() once the tables are there', async () => {
    const admin = postgresKysely(1)
    const tablePrefix = `sd_${unique()}_`
    const role = `stagedoor_${unique()}`
    await sql.raw(`create role ${role} login`).execute(admin)
    await sqlStore({ db: admin, tablePrefix }).migrate()
    for (const table of ['connections', 'claims', 'state', 'schema'])
      await sql.raw(`grant select, insert, update, delete on ${tablePrefix}${table} to ${role}`).execute(admin)
    const db = as({ connectionString: urls.postgres.replace('root@', `${role}@`) })
    const store = sqlStore({ db, tablePrefix })
    await store.migrate()
    const record = storedConnection({ ownerId: 'a' })
    expect(await store.compareAndSet(record, undefined, record)).toBe(true)
    expect(await store.claim(unique(), Date.now() + 1000)).toBe(true)
    await expect(sqlStore({ db, tablePrefix: `${tablePrefix}x_` }).migrate()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: { code: '42501' },
    })
    await db.destroy()
    await dropTables(admin, tablePrefix)
    await sql.raw(`drop role ${role}`).execute(admin)
    await admin.destroy()
  })

  test('may cut a connection in the middle of a write: the next write goes through', async () => {
    const admin = postgresKysely(2)
    const name = `stagedoor_${unique()}`
    const pool = new Pool({ connectionString: urls.postgres, application_name: name, max: 1 })
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    const tablePrefix = `sd_${unique()}_`
    const store = sqlStore({ db, tablePrefix })
    await store.migrate()
    const [record, next] = [storedConnection({ ownerId: 'a' }), storedConnection({ ownerId: 'a' })]
    await store.compareAndSet(record, undefined, record)
    // The server's goodbye comes in two steps; the pool has noticed once it lets go of the connection.
    const noticed = once(pool, 'remove')
    const error = await admin.transaction().execute(async (holder) => {
      await sql`select 1 from ${sql.table(`${tablePrefix}connections`)} for update`.execute(holder)
      const writing = store.compareAndSet(record, record.revision, next).catch((caught: unknown) => caught)
      for (let cut = 0; cut === 0; ) {
        const killed = await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = ${name} and wait_event_type = 'Lock'`.execute(admin)
        cut = killed.rows.length
      }
      return writing
    })
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    await noticed
    expect(await store.get(record)).toEqual(record)
    expect(await store.compareAndSet(record, record.revision, next)).toBe(true)
    await dropTables(admin, tablePrefix)
    await db.destroy()
    await admin.destroy()
  })

  describe('with serializable transactions as the default', () => {
    const tablePrefix = `sd_${unique()}_`
    const db = as({ options: '-c default_transaction_isolation=serializable', max: 4 })
    const store = sqlStore({ db, tablePrefix })
    afterAll(async () => {
      await dropTables(db, tablePrefix)
      await db.destroy()
    })
    test('migrates', () => store.migrate())
    for (const { name, run } of storeContract({ store: () => store })) test(name, run)
  })
})
