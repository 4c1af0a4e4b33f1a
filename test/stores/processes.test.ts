import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { redisStore } from '../../src/stores/redis.ts'
import { sqlStore } from '../../src/stores/sql.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { TokenStore } from '../../src/stores/store.ts'
import { storedConnection, unique } from '../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../support/services.ts'
import { dropTables, mariadbKysely, postgresKysely, sqliteKysely } from './support/kysely.ts'
import type { Race, RaceResult } from './support/racer.ts'

const processes = 4
const folder = mkdtempSync(join(tmpdir(), 'stagedoor-race-'))
afterAll(() => rmSync(folder, { recursive: true }))

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function race(input: Race, prepare: () => Promise<void>): Promise<readonly RaceResult[]> {
  const racers = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = fork(new URL('./support/racer.ts', import.meta.url), { execArgv: ['--no-warnings'] })
      children.push(child)
      const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`a racer ended with ${code}`)))
      failed.catch(() => {})
      child.send(input)
      await Promise.race([once(child, 'message'), failed])
      return { child, failed }
    }),
  )
  await prepare()
  return Promise.all(
    racers.map(async ({ child, failed }) => {
      const result = once(child, 'message')
      child.send('go')
      const [message] = await Promise.race([result, failed])
      return message as RaceResult
    }),
  )
}

interface Subject {
  readonly on: Race['on']
  readonly present: boolean
  open(race: Race): { store: TokenStore; clean(): Promise<void> }
}
const redisPresent = await available('redis')
function onRedis(input: Race): ReturnType<Subject['open']> {
  const client = new Redis(urls.redis)
  return {
    store: redisStore({ client, prefix: input.prefix }),
    async clean() {
      const keys = await client.keys(`${input.prefix}:*`)
      if (keys.length > 0) await client.del(keys)
      client.disconnect()
    },
  }
}
function onSql(db: ReturnType<typeof postgresKysely>, input: Race): ReturnType<Subject['open']> {
  return {
    store: sqlStore({ db, tablePrefix: input.prefix }),
    async clean() {
      const versions = await sql<{
        version: number
      }>`select version from ${sql.table(`${input.prefix}schema`)}`.execute(db)
      await dropTables(db, input.prefix)
      await db.destroy()
      expect(versions.rows).toEqual([{ version: 1 }])
    },
  }
}
const subjects: readonly Subject[] = [
  {
    on: 'SQLite',
    present: true,
    open({ path }) {
      const store = sqliteStore(path)
      return { store, clean: () => store.close() }
    },
  },
  { on: 'SQLite through Kysely', present: true, open: (input) => onSql(sqliteKysely(input.path), input) },
  { on: 'PostgreSQL', present: await available('postgres'), open: (input) => onSql(postgresKysely(1), input) },
  { on: 'MariaDB', present: await available('mariadb'), open: (input) => onSql(mariadbKysely(1), input) },
  { on: 'Redis', present: redisPresent, open: onRedis },
  { on: 'Redis through node-redis', present: redisPresent, open: onRedis },
]

describe.each(subjects.filter(({ present }) => present))('four processes on $on', ({ on, open }) => {
  test('prepare the store at once, lose no write of one another and claim each marker once', async () => {
    const writes = 25
    const markers = Array.from({ length: 40 }, () => unique())
    const input: Race = { on, path: join(folder, `${unique()}.db`), prefix: `race_${unique()}_`, writes, markers }
    const { store, clean } = open(input)
    const record = storedConnection({ ownerId: 'contended' })
    try {
      const results = await race(input, async () => {
        expect(await store.compareAndSet(record, undefined, record)).toBe(true)
      })
      expect((await store.get(record))?.failure?.attempts).toBe(processes * writes)
      expect(results.flatMap(({ claimed }) => claimed).sort()).toEqual([...markers].sort())
      // Without a single lost write there was no race to speak of.
      expect(results.reduce((total, { lost }) => total + lost, 0)).toBeGreaterThan(0)
    } finally {
      await clean()
    }
  }, 90_000)
})
