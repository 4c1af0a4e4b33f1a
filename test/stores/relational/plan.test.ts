import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery, type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlStore } from '../../../src/stores/sql.ts'
import { sealed, storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available } from '../../support/services.ts'
import { dropTables, type LogQuery, mariadbKysely, postgresKysely, sqliteKysely } from '../support/kysely.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-plan-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Database {
  readonly name: string
  readonly present: boolean
  open(log: LogQuery): Kysely<unknown>
  /** The planner's text for each step. */
  readonly explain: string
  readonly analyze: string
  /** Numbers `n` from 1 to 40, as a table. */
  readonly numbers: string
  concat(a: string, b: string): string
  /** The index of a table's primary key. */
  primary(table: string): string
  /** The part of a plan that shows an index search. */
  step(index: string): RegExp
  /** The part of a plan that shows a search of an index alone. */
  alone(index: string): RegExp
}
const recursive =
  '(with recursive c(n) as (select 1 union all select n + 1 from c where n < 40) select n from c) numbers'
const databases: readonly Database[] = [
  {
    name: 'PostgreSQL',
    present: await available('postgres'),
    open: (log) => postgresKysely(1, log),
    explain: 'explain (format json)',
    // Marks the pages of which the index alone can tell what everybody sees.
    analyze: 'vacuum analyze',
    numbers: recursive,
    concat: (a, b) => `${a} || ${b}`,
    primary: (table) => `${table}_pkey`,
    step: (index) => new RegExp(`"Node Type":"Index (Only )?Scan"[^{}]*"Index Name":"${index}"[^{}]*"Index Cond"`),
    alone: (index) => new RegExp(`"Node Type":"Index Only Scan"[^{}]*"Index Name":"${index}"[^{}]*"Index Cond"`),
  },
  {
    name: 'MariaDB',
    present: await available('mariadb'),
    open: (log) => mariadbKysely(1, log),
    explain: 'explain',
    analyze: 'analyze table',
    numbers: recursive,
    concat: (a, b) => `concat(${a}, ${b})`,
    primary: () => 'PRIMARY',
    step: (index) => new RegExp(`"type":"(range|ref|const)"[^{}]*"key":"${index}"`),
    alone: (index) => new RegExp(`"type":"(range|ref)"[^{}]*"key":"${index}"[^{}]*Using index[;"]`),
  },
  {
    name: 'SQLite',
    present: true,
    open: (log) => sqliteKysely(join(folder, 'plan.db'), log),
    explain: 'explain query plan',
    analyze: 'analyze',
    numbers: recursive,
    concat: (a, b) => `${a} || ${b}`,
    primary: (table) => `sqlite_autoindex_${table}_1`,
    step: (index) =>
      new RegExp(`SEARCH \\w+ USING (COVERING )?INDEX ${index} \\(provider=|SEARCH \\w+ USING INDEX ${index} `),
    alone: (index) => new RegExp(`SEARCH \\w+ USING COVERING INDEX ${index} \\(provider=`),
  },
]

/** Reading a whole table, or sorting. */
const worse = /filesort|Seq Scan|SCAN |TEMP B-TREE|"Sort"/
/** Reading a whole table. Few groups may be sorted. */
const wholeTable = /Seq Scan|SCAN /

describe.each(databases.filter(({ present }) => present))('every query on $name', ({ open, explain, ...database }) => {
  const tablePrefix = `sd_${unique()}_`
  let queries: CompiledQuery[] = []
  const db = open((query) => queries.push(query))
  const store = sqlStore({ db, tablePrefix })
  const provider = 'spotify'
  const day = 86_400_000
  const end = 1e12
  beforeAll(async () => {
    await store.migrate()
    for (let index = 0; index < 400; index++) {
      const record = storedConnection({
        ownerId: `user-${index}`,
        nextCheckAt: index,
        status: index % 20 === 0 ? 'needs_reauth' : 'connected',
        app: index % 20 === 0 ? 'old' : 'new',
        accountId: `account-${index}`,
        accessToken: sealed(index % 30 === 0 ? 'k0' : 'k1'),
        ...(index % 20 === 0 ? {} : { grantEndsAt: end + index * day }),
      })
      await store.compareAndSet(record, undefined, record)
    }
    const table = `${tablePrefix}connections`
    const [row] = (await sql<Record<string, unknown>>`select * from ${sql.table(table)} limit 1`.execute(db)).rows
    const copied: Readonly<Record<string, string>> = {
      owner_id: database.concat('owner_id', '(-n)'),
      account_id: database.concat('account_id', '(-n)'),
      next_check_at: 'next_check_at + n * 400',
      grant_ends_at: 'grant_ends_at + n',
    }
    const columns = Object.keys(row ?? {})
    const values = columns.map((column) => copied[column] ?? column)
    await sql
      .raw(`insert into ${table} (${columns}) select ${values} from ${table} cross join ${database.numbers}`)
      .execute(db)
    for (let index = 0; index < 400; index++) {
      await store.claim(`m${index}`, Date.now() + 1e6 + index)
      await store.state.compareAndSet(`s${index}`, undefined, Uint8Array.of(1), Date.now() + 1e6 + index)
    }
    for (const name of ['connections', 'claims', 'state'])
      await sql.raw(`${database.analyze} ${tablePrefix}${name}`).execute(db)
  }, 90_000)
  afterAll(async () => {
    await dropTables(db, tablePrefix)
    await db.destroy()
  })

  /** The plans of the statements that `call` has run. */
  async function plans(call: () => Promise<unknown>): Promise<string[]> {
    queries = []
    await call()
    const ran = queries.filter(({ sql }) => /^(select|update|delete|with)/.test(sql))
    const all: string[] = []
    for (const query of ran) {
      const { rows } = await db.executeQuery(CompiledQuery.raw(`${explain} ${query.sql}`, [...query.parameters]))
      all.push(JSON.stringify(rows))
    }
    return all
  }
  const primary = database.primary(`${tablePrefix}connections`)
  const index = (name: string): string => `${tablePrefix}${name}`
  const id = { provider, ownerId: 'user-7' }
  const write = async (): Promise<boolean> => {
    const record = storedConnection(id)
    return store.compareAndSet(id, 'another', record)
  }
  const after = { ownerId: 'user-3', account: 'a', grantEndsAt: end + 3 * day }
  const before = end + 40 * day

  test.each([
    ['get', primary, () => store.get(id)],
    ['getRemoved', primary, () => store.getRemoved(id)],
    ['a write', primary, write],
    ['a deletion', primary, () => store.compareAndSet(id, 'another', undefined)],
    ['due', index('due'), () => store.due({ provider, at: 9, limit: 10 })],
    ['due that finds nothing', index('due'), () => store.due({ provider, at: -1, limit: 100 })],
    ['list', primary, () => store.list({ provider, limit: 10 })],
    ['list after a record', primary, () => store.list({ provider, after, limit: 10 })],
    ['list by status', index('status'), () => store.list({ provider, status: 'needs_reauth', limit: 10 })],
    ['list by status after', index('status'), () => store.list({ provider, status: 'needs_reauth', after, limit: 10 })],
    ['list by app', index('app'), () => store.list({ provider, app: 'old', limit: 10 })],
    ['list by app after', index('app'), () => store.list({ provider, app: 'old', after, limit: 10 })],
    ['list by account id', index('account_id'), () => store.list({ provider, accountId: 'account-7', limit: 10 })],
    ['list by end of grant', index('grant_end'), () => store.list({ provider, grantEndsBefore: before, limit: 10 })],
    [
      'list by end of grant after',
      index('grant_end'),
      () => store.list({ provider, grantEndsBefore: before, after, limit: 10 }),
    ],
    [
      'list by end of grant and key',
      index('grant_end'),
      () => store.list({ provider, grantEndsBefore: before, keyIdNot: 'k9', after, limit: 10 }),
    ],
  ] as const)('%s is one search of an index', async (_, name, call) => {
    const all = await plans(call)
    expect(all).toHaveLength(1)
    expect(all[0]).toMatch(database.step(name))
    expect(all[0]).not.toMatch(worse)
  })

  test('list by owner searches the primary key', async () => {
    const [plan] = await plans(() => store.list({ provider, ownerId: 'user-7', limit: 10 }))
    expect(plan).toMatch(database.step(primary))
    expect(plan).not.toMatch(wholeTable)
  })

  test('a place in the middle is searched for, not counted up to', async () => {
    const [plan] = await plans(() => store.list({ provider, after: 'user-3', limit: 10 }))
    expect(plan).toMatch(
      {
        PostgreSQL: /"Index Cond":"[^"]*ROW\(owner_id, account\) > /,
        MariaDB: /"type":"range"[^{}]*"key_len":"389"/,
        SQLite: /\(owner_id,account\)>\(\?,\?\)/,
      }[database.name] ?? /never/,
    )
  })

  test('list by keyIdNot searches the index of the key ids, once for each key there is', async () => {
    const all = await plans(() => store.list({ provider, keyIdNot: 'k1', after, limit: 10 }))
    // The tokens of a record are under k1, or under two keys; then the end, and one page of those under two.
    expect(all).toHaveLength(4)
    for (const plan of all) {
      expect(plan).toMatch(database.step(index('key')))
      expect(plan).not.toMatch(worse)
    }
  })

  test('count by status reads an index alone', async () => {
    const [plan, ...more] = await plans(() => store.count({ provider, by: 'status' }))
    expect(more).toEqual([])
    expect(plan).toMatch(database.alone(index('status')))
    expect(plan).not.toMatch(worse)
  })

  test('count by the end of the grant reads an index alone for those that have one', async () => {
    const [plan, ...more] = await plans(() => store.count({ provider, by: 'grantEndsOn' }))
    expect(more).toEqual([])
    expect(plan).toMatch(database.alone(index('grant_end')))
    expect(plan).not.toMatch(wholeTable)
  })

  test('reserve searches by due time, then by key', async () => {
    const all = await plans(() => store.reserve({ provider, at: 9, limit: 10, length: 1000 }))
    expect(all).toHaveLength(database.name === 'MariaDB' ? 2 : 1)
    expect(all[0]).toMatch(database.step(index('due')))
    expect(all.at(-1)).toMatch(database.name === 'SQLite' ? /USING INTEGER PRIMARY KEY/ : database.step(primary))
    for (const plan of all) expect(plan).not.toMatch(worse)
  })

  test('claims and shared state search by the end of entries and by their names', async () => {
    for (const [table, call] of [
      ['claims', () => store.claim('m7', Date.now() + 1000)],
      ['state', () => store.state.load('s7')],
      ['state', () => store.state.compareAndSet('s7', 'another', Uint8Array.of(1), Date.now() + 1000)],
      ['state', () => store.state.compareAndSet('s7', undefined, Uint8Array.of(1), Date.now() + 1000)],
    ] as const) {
      const searches = [index(`${table}_end`), database.primary(`${tablePrefix}${table}`)].map(database.step)
      for (const plan of await plans(call)) {
        // MariaDB sees without a search that no marker has this nonce.
        if (!plan.includes('Impossible WHERE')) expect(searches.some((search) => search.test(plan))).toBe(true)
        expect(plan).not.toMatch(worse)
      }
    }
  })
})
