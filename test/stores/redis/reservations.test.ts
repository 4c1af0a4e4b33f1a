import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../../../src/stores/redis.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'
import { spoilToken } from '../support/redis.ts'

const present = await available('redis')
const prefix = `stagedoor-${unique()}`
const provider = 'spotify'

describe.skipIf(!present)('a reservation in Redis', () => {
  const clients: Redis[] = []
  const nodeRedis = createClient({ url: urls.redis })
  const connect = (): Redis => {
    const client = new Redis(urls.redis)
    clients.push(client)
    return client
  }
  beforeAll(() => nodeRedis.connect())
  afterAll(async () => {
    const redis = connect()
    const keys = await redis.keys(`${prefix}*`)
    if (keys.length > 0) await redis.del(keys)
    for (const client of clients) client.disconnect()
    nodeRedis.destroy()
  })

  /** Connections of owners 100 and up, each due a millisecond after the one before, `tie` of them at once. */
  async function fill(store: TokenStore, count: number, tie = 1): Promise<string[]> {
    const owners = Array.from({ length: count }, (_, index) => `${index + 1000}`)
    const writes = owners.map((ownerId, index) => {
      const record = storedConnection({ ownerId, nextCheckAt: Math.floor(index / tie) })
      return store.compareAndSet(record, undefined, record)
    })
    expect(await Promise.all(writes)).not.toContain(false)
    return owners
  }

  test('is made by one of eight clients that work through the due records at once, and by none is one left out', async () => {
    const own = `${prefix}-${unique()}`
    const stores = Array.from({ length: 8 }, (_, index) =>
      redisStore({ client: index === 0 ? nodeRedis : connect(), prefix: own }),
    )
    const owners = await fill(stores[0] as TokenStore, 500, 7)
    const pages = await Promise.all(
      stores.map(async (store) => {
        const found: string[][] = []
        for (let page = ['']; page.length > 0; found.push(page))
          page = (await store.reserve({ provider, at: 1e15, limit: 9, length: 60_000 })).map(({ ownerId }) => ownerId)
        return found
      }),
    )
    expect(pages.flat(2).sort()).toEqual(owners)
    // Only the last page with records, and the empty one after it, may be short.
    for (const of of pages) expect(of.slice(0, -2).every((page) => page.length === 9)).toBe(true)
  })

  test('is of the oldest records, whatever their buckets, in the order of due', async () => {
    const store = redisStore({ client: connect(), prefix: `${prefix}-${unique()}` })
    const owners = await fill(store, 100, 3)
    const reserve = async (limit: number): Promise<string[]> =>
      (await store.reserve({ provider, at: 1e15, limit, length: 60_000 })).map(({ ownerId }) => ownerId)
    expect(await reserve(10)).toEqual(owners.slice(0, 10))
    expect(await reserve(1)).toEqual(owners.slice(10, 11))
    expect(await reserve(500)).toEqual(owners.slice(11))
    expect(await reserve(500)).toEqual([])
    expect((await store.due({ provider, at: 1e15, limit: 10 })).map(({ ownerId }) => ownerId)).toEqual(
      owners.slice(0, 10),
    )
  })

  test('of a page with corrupt records is filled with the next ones', async () => {
    const own = `${prefix}-${unique()}`
    const corrupt: string[] = []
    const redis = connect()
    const store = redisStore({ client: redis, prefix: own, onCorrupt: ({ ownerId }) => corrupt.push(ownerId) })
    const owners = await fill(store, 40)
    for (const ownerId of owners.slice(0, 15)) await spoilToken(redis, own, { provider, ownerId })
    const found = await store.reserve({ provider, at: 1e15, limit: 20, length: 60_000 })
    expect(found.map(({ ownerId }) => ownerId)).toEqual(owners.slice(15, 35))
    expect(corrupt.sort()).toEqual(owners.slice(0, 15))
  })

  test('ends after its time, with a write that changes the next check, and with no other write', async () => {
    let at = 1_000_000
    const store = redisStore({ client: connect(), prefix: `${prefix}-${unique()}`, now: () => at })
    const reserve = () => store.reserve({ provider, at: 1e15, limit: 5, length: 1000 })
    const first = storedConnection({ ownerId: 'a' })
    const second = { ...first, revision: unique(), status: 'needs_reauth' as const }
    const third = { ...second, revision: unique(), nextCheckAt: 5 }
    await store.compareAndSet(first, undefined, first)
    expect(await reserve()).toEqual([first])
    at += 999
    await store.compareAndSet(first, first.revision, second)
    expect(await reserve()).toEqual([])
    at += 1
    expect(await reserve()).toEqual([second])
    await store.compareAndSet(first, second.revision, third)
    expect(await reserve()).toEqual([third])
    expect(await reserve()).toEqual([])
  })

  test('that is over before the page is full returns no record twice', async () => {
    let at = 1_000_000
    const store = redisStore({ client: connect(), prefix: `${prefix}-${unique()}`, now: () => at++ })
    const owners = await fill(store, 30)
    const found = await store.reserve({ provider, at: 1e15, limit: 40, length: 1 })
    expect(found.map(({ ownerId }) => ownerId)).toEqual(owners)
  })

  test('from a clock far ahead does not hold', async () => {
    const own = `${prefix}-${unique()}`
    const client = connect()
    const record = storedConnection({ ownerId: 'a' })
    const query = { provider, at: 1e15, limit: 5, length: 1000 }
    const ahead = redisStore({ client, prefix: own, now: () => Date.now() + 3_600_000 })
    await ahead.compareAndSet(record, undefined, record)
    expect(await ahead.reserve(query)).toEqual([record])
    expect(await redisStore({ client, prefix: own }).reserve(query)).toEqual([record])
  })
})
