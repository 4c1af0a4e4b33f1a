import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { dialectOf, migrate } from '../../../src/stores/relational/kysely.ts'
import { sqlStore } from '../../../src/stores/sql.ts'
import { storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available } from '../../support/services.ts'
import { dropTables } from '../support/kysely.ts'
import { openDatabase, type VersionWork, versionsUpTo } from '../support/versions.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-versions-'))
afterAll(() => rmSync(folder, { recursive: true }))
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A process that does some work, once it is ready. */
async function start(work: VersionWork): Promise<ChildProcess> {
  const child = fork(new URL('../support/versions.ts', import.meta.url), { execArgv: ['--no-warnings'], silent: true })
  children.push(child)
  child.send(work)
  expect(await messageOf(child)).toBe('ready')
  return child
}

/** The next message of a process; rejects if it ends before. */
async function messageOf(child: ChildProcess): Promise<unknown> {
  let errors = ''
  child.stderr?.on('data', (text) => {
    errors += text
  })
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`a process ended with ${code}: ${errors}`)),
  )
  ended.catch(() => {})
  const [message] = await Promise.race([once(child, 'message'), ended])
  return message
}

const databases = [
  { on: 'PostgreSQL', present: await available('postgres') },
  { on: 'MariaDB', present: await available('mariadb') },
  { on: 'SQLite', present: true },
] as const

describe.each(databases.filter(({ present }) => present))('later versions of the tables on $on', ({ on }) => {
  const opened: { db: Kysely<unknown>; prefix: string }[] = []
  afterEach(async () => {
    for (const { db, prefix } of opened.splice(0)) {
      await dropTables(db, prefix)
      await db.destroy()
    }
  })
  /** Tables of the first version with a record for each owner. */
  async function prepare(owners: readonly string[]) {
    const place = { on, path: join(folder, `${unique()}.db`), prefix: `sd_${unique()}_` } as const
    const db = openDatabase(place)
    opened.push({ db, prefix: place.prefix })
    const store = sqlStore({ db, tablePrefix: place.prefix })
    await store.migrate()
    for (const ownerId of owners) {
      const record = storedConnection({ ownerId })
      await store.compareAndSet(record, undefined, record)
    }
    return { db, store, place, upgrade: () => migrate(db, dialectOf(db), place.prefix, versionsUpTo(3)) }
  }
  async function expectLast(db: Kysely<unknown>, prefix: string, rows: number): Promise<void> {
    const versions = await sql`select version from ${sql.table(`${prefix}schema`)} order by version`.execute(db)
    expect(versions.rows).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }])
    const notes = await sql`select note from ${sql.table(`${prefix}connections`)} where note = 'filled'`.execute(db)
    expect(notes.rows).toHaveLength(rows)
    await expect(sql.raw(`create index ${prefix}note on ${prefix}connections (note)`).execute(db)).rejects.toThrow()
  }

  test('are reached by several processes at once while others write, and no write is lost', async () => {
    const owners = ['w1', 'w2']
    const { db, store, place } = await prepare(owners)
    const work = { ...place, role: 'migrate', owner: '' } as const
    const migrators = await Promise.all([start(work), start(work), start(work)])
    const writers = await Promise.all(owners.map((owner) => start({ ...place, role: 'write', owner })))
    const migrated = migrators.map(messageOf)
    for (const migrator of migrators) migrator.send('go')
    expect(await Promise.all(migrated)).toEqual(['migrated', 'migrated', 'migrated'])
    const during = await Promise.all(owners.map((ownerId) => store.get({ provider: 'spotify', ownerId })))
    for (const [index, writer] of writers.entries()) {
      const written = messageOf(writer)
      writer.send('stop')
      const count = await written
      const record = await store.get({ provider: 'spotify', ownerId: owners[index] ?? '' })
      expect(record?.failure?.attempts).toBe(count)
      expect(count).toBeGreaterThanOrEqual(during[index]?.failure?.attempts ?? 0)
    }
    await expectLast(db, place.prefix, owners.length)
  }, 90_000)

  test('are completed after a process was killed half-way', async () => {
    const { db, place, upgrade } = await prepare(['a'])
    const child = await start({ ...place, role: 'stop-half-way', owner: '' })
    const halfWay = once(child.stdout ?? child, 'data')
    child.send('go')
    expect(`${(await halfWay)[0]}`).toBe('half-way\n')
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    await upgrade()
    await expectLast(db, place.prefix, 1)
  }, 90_000)

  test('leave the statements of an older process as they are, but not its migrate()', async () => {
    const { db, store, place, upgrade } = await prepare(['a'])
    await upgrade()
    await upgrade()
    const record = storedConnection({ ownerId: 'b' })
    expect(await store.compareAndSet(record, undefined, record)).toBe(true)
    expect(await store.get(record)).toEqual(record)
    expect(await store.list({ provider: 'spotify', limit: 9 })).toHaveLength(2)
    expect(await store.reserve({ provider: 'spotify', at: 1e15, limit: 9, length: 1000 })).toHaveLength(2)
    await expect(store.migrate()).rejects.toMatchObject({ code: 'STORE_NOT_MIGRATED', retryable: false })
    await expectLast(db, place.prefix, 1)
  })

  test('take a column and an index that are there already as done', async () => {
    const { db, place, upgrade } = await prepare(['a'])
    const table = `${place.prefix}connections`
    await sql.raw(`alter table ${table} add column note ${on === 'MariaDB' ? 'varchar(64)' : 'text'}`).execute(db)
    await sql.raw(`create index ${place.prefix}note on ${table} (note)`).execute(db)
    await upgrade()
    await expectLast(db, place.prefix, 1)
  })
})
