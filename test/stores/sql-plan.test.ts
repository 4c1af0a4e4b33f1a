import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery, type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlStore } from '../../src/stores/sql.ts'
import { sealed, storedConnection, unique } from '../../src/testing/contracts/store-fixtures.ts'
import { available } from '../support/services.ts'
import { type LogQuery, mariadbKysely, postgresKysely, sqliteKysely } from './support/kysely.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-plan-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Database {
  readonly name: string
  readonly present: boolean
  open(log: LogQuery): Kysely<unknown>
  /** The planner's text for each step. */
  readonly explain: string
  readonly analyze: string
  /** The index of a table's primary key. */
  primary(table: string): string
  /** The part of a plan that shows an index search. */
  step(index: string): RegExp
}
const databases: readonly Database[] = [
  {
    name: 'PostgreSQL',
    present: await available('postgres'),
    open: (log) => postgresKysely(1, log),
    explain: 'explain (format json)',
    analyze: 'analyze',
    primary: (table) => `${table}_pkey`,
    step: (index) => new RegExp(`"Node Type":"Index Scan"[^{}]*"Index Name":"${index}"`),
  },
  {
    name: 'MariaDB',
    present: await available('mariadb'),
    open: (log) => mariadbKysely(1, log),
    explain: 'explain',
    analyze: 'analyze table',
    primary: () => 'PRIMARY',
    step: (index) => new RegExp(`"type":"(range|ref|const|index_merge)"[^{}]*"key":"${index}"`),
  },
  {
    name: 'SQLite',
    present: true,
    open: (log) => sqliteKysely(join(folder, 'plan.db'), log),
    explain: 'explain query plan',
    analyze: 'analyze',
    primary: (table) => `sqlite_autoindex_${table}_1`,
    step: (index) => new RegExp(`SEARCH \\w+ USING INDEX ${index} `),
  },
]

/** Reading a whole table, or sorting. */
const worse = /filesort|Seq Scan|SCAN |TEMP B-TREE|"Sort"/

describe.each(databases.filter(({ present }) => present))('every query on $name', ({ open, explain, ...database }) => {
  const tablePrefix = `sd_${unique()}_`
  let queries: CompiledQuery[] = []
  const db = open((query) => queries.push(query))
  const store = sqlStore({ db, tablePrefix })
  const provider = 'spotify'
  beforeAll(async () => {
    await store.migrate()
    for (let index = 0; index < 400; index++) {
      const status = index % 20 === 0 ? 'needs_reauth' : 'connected'
      const accessToken = sealed(index % 30 === 0 ? 'k0' : 'k1')
      const record = storedConnection({ ownerId: `user-${index}`, nextCheckAt: index, status, accessToken })
      await store.compareAndSet(record, undefined, record)
    }
    for (let index = 0; index < 400; index++) await store.claim(`m${index}`, Date.now() + 1e6 + index)
    for (const table of ['connections', 'claims'])
      await sql.raw(`${database.analyze} ${tablePrefix}${table}`).execute(db)
  }, 90_000)
  afterAll(async () => {
    for (const table of ['connections', 'claims', 'schema'])
      await sql`drop table ${sql.table(tablePrefix + table)}`.execute(db)
    await db.destroy()
  })

  /** The plans of the statements that `call` has run. */
  async function plans(call: () => Promise<unknown>): Promise<string[]> {
    queries = []
    await call()
    const ran = queries
    return Promise.all(
      ran.map(async (query) => {
        const { rows } = await db.executeQuery(CompiledQuery.raw(`${explain} ${query.sql}`, [...query.parameters]))
        return JSON.stringify(rows)
      }),
    )
  }
  const primary = database.primary(`${tablePrefix}connections`)

  test.each([
    ['get', primary, () => store.get({ provider, ownerId: 'user-7' })],
    ['compareAndSet', primary, () => store.compareAndSet({ provider, ownerId: 'user-7' }, 'other', undefined)],
    ['due', `${tablePrefix}due`, () => store.due({ provider, at: 9, limit: 10 })],
    ['due that finds nothing', `${tablePrefix}due`, () => store.due({ provider, at: -1, limit: 100 })],
    ['list', primary, () => store.list({ provider, after: 'user-3', limit: 10 })],
    ['list by status', `${tablePrefix}status`, () => store.list({ provider, status: 'needs_reauth', limit: 10 })],
  ] as const)('%s is one search of an index', async (_, index, call) => {
    const all = await plans(call)
    expect(all).toHaveLength(1)
    expect(all[0]).toMatch(database.step(index))
    expect(all[0]).not.toMatch(worse)
  })

  test('list by keyIdNot searches the indexes of the key ids, once for each key there is', async () => {
    const all = await plans(() => store.list({ provider, keyIdNot: 'k1', limit: 10 }))
    // Two keys and an end for access tokens, one and an end for refresh tokens, and one page.
    expect(all).toHaveLength(6)
    for (const plan of all) {
      expect(plan).toMatch(/access_key|refresh_key/)
      expect(plan).not.toMatch(worse)
    }
  })

  test('a claim searches by the end of markers and by their names', async () => {
    for (const plan of await plans(() => store.claim('m7', Date.now() + 1000))) expect(plan).not.toMatch(worse)
  })
})
