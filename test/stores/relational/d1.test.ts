import { sql } from 'kysely'
import { Miniflare } from 'miniflare'
import { afterAll, describe, expect, test } from 'vitest'
import { sqlStore } from '../../../src/stores/sql.ts'
import { storeContract } from '../../../src/testing/contracts/store.ts'
import { removedConnection, storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { type D1, d1Kysely, likeD1 } from '../support/d1.ts'

describe('the SQL store where there are no transactions, and no count of what was not changed', () => {
  const store = sqlStore({ db: d1Kysely(likeD1()) })
  test('migrates', () => store.migrate())
  for (const { name, run } of storeContract({ store: () => store })) test(name, run)
})

describe('the SQL store on Cloudflare D1', () => {
  const miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch() { return new Response() } }',
    d1Databases: ['RECORDS', 'SCHEMA'],
    compatibilityDate: '2026-07-01',
  })
  afterAll(() => miniflare.dispose())
  const on = async (name: string) => d1Kysely((await miniflare.getD1Database(name)) as D1)

  test('writes, leases, reserves, lists, counts, claims and shares state', async () => {
    const store = sqlStore({ db: await on('RECORDS') })
    await store.migrate()
    await store.migrate()
    const lease = { owner: 'p1', id: 'l1', length: 60_000 }
    const record = storedConnection({ ownerId: 'a', lease })
    const next = { ...record, revision: unique() }
    expect(await store.compareAndSet(record, undefined, record)).toBe(true)
    expect(await store.compareAndSet(record, undefined, next)).toBe(false)
    expect(await store.compareAndSet(record, unique(), next)).toBe(false)
    expect(await store.compareAndSet(record, record.revision, next)).toBe(true)
    const { leaseLeft, ...read } = (await store.get(record)) ?? {}
    expect(read).toMatchObject({ revision: next.revision, lease: { owner: 'p1', id: 'l1' } })
    expect(leaseLeft).toBeGreaterThan(30_000)
    expect(leaseLeft).toBeLessThanOrEqual(60_000)

    const provider = 'spotify'
    expect(await store.list({ provider, keyIdNot: 'k2', after: 'A', limit: 9 })).toHaveLength(1)
    expect(await store.list({ provider, after: 'a', limit: 9 })).toEqual([])
    expect(await store.count({ provider, by: 'status' })).toEqual({ connected: 1 })
    expect(await store.count({ provider, by: 'grantEndsOn' })).toEqual({ never: 1 })
    const query = { provider, at: 1e15, limit: 9, length: 60_000 }
    expect(await store.reserve(query)).toHaveLength(1)
    expect(await store.reserve(query)).toEqual([])

    const removed = removedConnection({ ownerId: 'a' })
    expect(await store.compareAndSet(record, next.revision, removed)).toBe(true)
    expect(await store.getRemoved(record)).toEqual(removed)
    expect(await store.compareAndSet(record, next.revision, undefined)).toBe(false)
    expect(await store.compareAndSet(record, removed.revision, undefined)).toBe(true)

    expect(await store.claim('m', Date.now() + 60_000, { nonce: 'n' })).toBe(true)
    expect(await store.claim('m', Date.now() + 60_000)).toBe(false)
    expect(await store.claim('m', Date.now() + 60_000, { nonce: 'n' })).toBe(true)
    const [bytes, until] = [Uint8Array.of(1, 2), Date.now() + 60_000]
    const revision = await store.state.compareAndSet('k', undefined, bytes, until)
    expect(await store.state.compareAndSet('k', undefined, bytes, until)).toBeUndefined()
    expect(await store.state.load('k')).toEqual({ revision, bytes })
  }, 60_000)

  test('purges more markers that have ended than a statement has parameters', async () => {
    const db = await on('RECORDS')
    const store = sqlStore({ db })
    await store.migrate()
    const numbers = sql`with recursive c(n) as (select 1 union all select n + 1 from c where n < 150) select n from c`
    await sql`insert into stagedoor_claims select 'old' || n, 'nonce', n from (${numbers})`.execute(db)
    for (const marker of [unique(), unique()]) expect(await store.claim(marker, Date.now() + 60_000)).toBe(true)
    const left = await sql`select marker from stagedoor_claims where marker like 'old%'`.execute(db)
    expect(left.rows).toEqual([])
  })

  test('may be migrated by many at once, and goes on where one that ended half-way was', async () => {
    const db = await on('SCHEMA')
    const stores = Array.from({ length: 5 }, () => sqlStore({ db }))
    await Promise.all(stores.map((store) => store.migrate()))
    for (const statement of [
      'delete from stagedoor_schema',
      'drop index stagedoor_due',
      'drop table stagedoor_claims',
      'drop table stagedoor_state',
    ])
      await sql.raw(statement).execute(db)
    await stores[0]?.migrate()
    const record = storedConnection({ ownerId: 'a' })
    expect(await stores[1]?.compareAndSet(record, undefined, record)).toBe(true)
    expect(await stores[2]?.claim('m', Date.now() + 60_000)).toBe(true)
    const { rows } = await sql`select name from sqlite_master where name = 'stagedoor_due'`.execute(db)
    expect(rows).toHaveLength(1)
  }, 60_000)
})
