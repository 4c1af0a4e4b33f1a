import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import type { ConnectionFilter, StoredConnection, StoredRecord } from '../../../src/stores/store.ts'
import { removedConnection, sealed, storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'

const present = await available('redis')
const prefix = `stagedoor-${unique()}`
const provider = 'spotify'
const day = 86_400_000

const choices = {
  status: [undefined, 'connected', 'needs_reauth'],
  keyIdNot: [undefined, 'k1', 'k9'],
  app: [undefined, 'client-1'],
  ownerId: [undefined, 'b', 'é'],
  accountId: [undefined, 'a2'],
  grantEndsBefore: [undefined, 4 * day + 1],
} as const

/** Every combination of filters. */
function filters(): ConnectionFilter[] {
  let all: ConnectionFilter[] = [{ provider }]
  for (const [name, values] of Object.entries(choices))
    all = all.flatMap((filter) => values.map((value) => (value === undefined ? filter : { ...filter, [name]: value })))
  return all
}

describe.skipIf(!present)('a query of the Redis store', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  const store = redisStore({ client: redis, prefix })
  const model = memoryStore()
  beforeAll(async () => {
    await redis.connect()
    const owners = [
      'a',
      'b',
      'B',
      'ab',
      'a b',
      'é',
      'z',
      '\u{e000}',
      '\u{1f600}',
      ...Array.from({ length: 40 }, (_, index) => `${index}`),
    ]
    for (const [index, ownerId] of owners.entries()) {
      for (const [nth, account] of ['', 'home', 'work'].slice(0, 1 + (index % 3)).entries()) {
        const n = index * 7 + nth
        const key = `k${n % 3}`
        const record: StoredRecord =
          n % 11 === 5
            ? removedConnection({ ownerId, account, nextCheckAt: n % 5 })
            : storedConnection({
                ownerId,
                account,
                app: `client-${n % 2}`,
                accountId: n % 4 === 0 ? undefined : `a${n % 4}`,
                status: n % 5 === 0 ? 'needs_reauth' : 'connected',
                accessToken: sealed(key),
                refreshToken: n % 6 === 0 ? undefined : sealed(n % 7 === 0 ? 'k1' : key),
                grantEndsAt: n % 3 === 0 ? undefined : (n % 8) * day + (n % 2),
                nextCheckAt: n % 5,
              })
        for (const each of [store, model]) expect(await each.compareAndSet(record, undefined, record)).toBe(true)
      }
    }
  })
  afterAll(async () => {
    const keys = await redis.keys(`${prefix}*`)
    if (keys.length > 0) await redis.del(keys)
    redis.disconnect()
  })

  test('lists for every combination of filters what the memory store lists, in pages of any size', {
    timeout: 60_000,
  }, async () => {
    let listed = 0
    for (const filter of filters()) {
      const expected = await model.list({ ...filter, limit: 1_000 })
      listed += expected.length
      const limit = 1 + (listed % 9)
      const found: StoredConnection[] = []
      for (let full = true; full; ) {
        const page = await store.list({ ...filter, limit, after: found.at(-1) })
        found.push(...page)
        full = page.length === limit
      }
      expect(found, JSON.stringify(filter)).toEqual(expected)
    }
    expect(listed).toBeGreaterThan(200)
  })

  test('counts for every combination of filters what the memory store counts', { timeout: 60_000 }, async () => {
    for (const filter of filters())
      for (const by of ['status', 'grantEndsOn'] as const)
        expect(await store.count({ ...filter, by }), JSON.stringify(filter)).toEqual(
          await model.count({ ...filter, by }),
        )
  })

  test('lists after any place, one of no record too', async () => {
    for (const ownerId of ['0', 'A', 'b', 'ba', '\u{ffee}', '\u{10ffff}'])
      for (const account of ['', 'home', 'zzz'])
        for (const filter of [
          {},
          { ownerId: 'b' },
          { app: 'client-1' },
          { keyIdNot: 'k1' },
          { grantEndsBefore: 5 * day },
          { ownerId: 'b', grantEndsBefore: 5 * day },
        ]) {
          const query = { provider, ...filter, limit: 7, after: { ownerId, account, grantEndsAt: 3 * day } }
          expect(await store.list(query), JSON.stringify(query)).toEqual(await model.list(query))
        }
  })

  test('finds due what the memory store finds due', async () => {
    for (const [at, limit] of [
      [-1, 5],
      [2, 3],
      [2, 1_000],
      [1e15, 33],
    ] as const)
      expect(await store.due({ provider, at, limit })).toEqual(await model.due({ provider, at, limit }))
  })

  test('reserves what the memory store reserves', async () => {
    for (const [at, limit] of [
      [2, 3],
      [2, 20],
      [1e15, 33],
      [1e15, 1_000],
      [1e15, 1_000],
    ] as const) {
      const query = { provider, at, limit, length: 60_000 }
      expect(await store.reserve(query)).toEqual(await model.reserve(query))
    }
  })
})
