import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../../../src/stores/redis.ts'
import { removedConnection, storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'
import { recordKey } from '../support/redis.ts'

const present = await available('redis')
const prefix = `stagedoor-${unique()}`
const provider = 'spotify'

describe.skipIf(!present)('the Redis store', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  const store = redisStore({ client: redis, prefix })
  beforeAll(() => redis.connect())
  afterAll(async () => {
    const keys = await redis.keys(`${prefix}*`)
    if (keys.length > 0) await redis.del(keys)
    redis.disconnect()
  })

  test('leaves no key behind when its connections are deleted', async () => {
    const own = `${prefix}-empty`
    const small = redisStore({ client: redis, prefix: own })
    for (const ownerId of ['a', 'b', 'c']) {
      const lease = { owner: 'p1', id: 'l1', length: 1000 }
      const first = storedConnection({ ownerId, accountId: 'a1', grantEndsAt: 1, lease, deliveryLease: lease })
      const second = storedConnection({ ownerId, status: 'needs_reauth', refreshToken: undefined, app: 'client-2' })
      const removed = removedConnection({ ownerId })
      await small.compareAndSet(first, undefined, first)
      expect(await redis.keys(`${own}:*`)).toHaveLength(8)
      await small.compareAndSet(first, first.revision, second)
      expect(await redis.keys(`${own}:*`)).toHaveLength(6)
      await small.compareAndSet(first, second.revision, removed)
      expect(await redis.keys(`${own}:*`)).toHaveLength(3)
      await small.compareAndSet(first, removed.revision, undefined)
    }
    expect(await redis.keys(`${own}*`)).toEqual([])
  })

  test('goes on when the server has forgotten its scripts', async () => {
    const record = storedConnection({ ownerId: 'flushed' })
    await redis.script('FLUSH')
    expect(await store.compareAndSet(record, undefined, record)).toBe(true)
    await redis.script('FLUSH')
    expect(await store.claim(unique(), Date.now() + 1000)).toBe(true)
  })

  test.each([
    ['no JSON', { record: '{' }],
    ['another owner’s record', { record: JSON.stringify(storedConnection({ ownerId: 'b' })) }],
    ['no revision', { revision: '' }],
    ['a key id that is not the token’s', { key: 'k9' }],
    ['a status that is not the record’s', { status: 'needs_reauth' }],
    ['an application that is not the record’s', { app: 'client-2' }],
    ['a time for the next check that is not the record’s', { nextCheckAt: '1' }],
    ['an end of the grant that is not the record’s', { grantEndsAt: '1' }],
    ['a lease without an end', { lease: 'p1\0l1' }],
    ['a lease without an id', { lease: 'p1', leaseUntil: '1' }],
    ['a lease that ends at no time', { lease: 'p1\0l1', leaseUntil: 'soon' }],
  ])('finds a record corrupt that has %s, and leaves it out of pages', async (_, change) => {
    const own = `${prefix}-${unique()}`
    const corrupt: string[] = []
    const store = redisStore({ client: redis, prefix: own, onCorrupt: ({ ownerId }) => corrupt.push(ownerId) })
    const [bad, good] = [storedConnection({ ownerId: 'a' }), storedConnection({ ownerId: 'b' })]
    for (const record of [bad, good]) await store.compareAndSet(record, undefined, record)
    await redis.hset(recordKey(own, bad), change)
    await expect(store.get(bad)).rejects.toMatchObject({ code: 'STORE_CORRUPT', retryable: false })
    expect(await store.list({ provider, limit: 1 })).toEqual([good])
    expect(await store.due({ provider, limit: 1, at: 1e15 })).toEqual([good])
    expect(corrupt).toEqual(['a', 'a'])
  })

  test('finds a key of another type corrupt', async () => {
    const own = `${prefix}-${unique()}`
    const store = redisStore({ client: redis, prefix: own })
    await redis.set(recordKey(own, { provider, ownerId: 'a' }), 'text')
    await expect(store.get({ provider, ownerId: 'a' })).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  test('skips a key of another type in pages, counts and reservations, and reports it once in each', async () => {
    const own = `${prefix}-${unique()}`
    const corrupt: string[] = []
    const store = redisStore({ client: redis, prefix: own, onCorrupt: ({ ownerId }) => corrupt.push(ownerId) })
    const [bad, good] = [storedConnection({ ownerId: 'a' }), storedConnection({ ownerId: 'b' })]
    for (const record of [bad, good]) await store.compareAndSet(record, undefined, record)
    await redis.set(recordKey(own, bad), 'text')
    expect(await store.list({ provider, limit: 1 })).toEqual([good])
    expect(await store.reserve({ provider, limit: 5, at: 1e15, length: 1000 })).toEqual([good])
    expect(await store.reserve({ provider, limit: 5, at: 1e15, length: 1000 })).toEqual([])
    expect(corrupt).toEqual(['a', 'a', 'a'])
    expect(await store.count({ provider, by: 'status', app: 'client-1' })).toEqual({ connected: 1 })
    expect(await redis.get(recordKey(own, bad))).toBe('text')
  })

  test('skips an index entry whose record is gone', async () => {
    const own = `${prefix}-${unique()}`
    const store = redisStore({ client: redis, prefix: own })
    const [gone, here] = [storedConnection({ ownerId: 'a' }), storedConnection({ ownerId: 'b' })]
    for (const record of [gone, here]) await store.compareAndSet(record, undefined, record)
    await redis.del(recordKey(own, gone))
    expect(await store.list({ provider, limit: 1 })).toEqual([here])
    expect(await store.due({ provider, limit: 1, at: 1e15 })).toEqual([here])
    expect(await store.reserve({ provider, limit: 1, at: 1e15, length: 1000 })).toEqual([here])
    expect(await redis.exists(recordKey(own, gone))).toBe(0)
  })

  test('leaves the client open when it is closed', async () => {
    const store = redisStore({ client: redis, prefix })
    await store.close()
    await expect(store.get({ provider, ownerId: 'a' })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: false,
    })
    expect(await redis.ping()).toBe('PONG')
  })
})

describe('a Redis server that is not there', () => {
  async function sparePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    return port
  }

  test('is STORE_UNAVAILABLE and retryable through ioredis', async () => {
    const client = new Redis({ port: await sparePort(), maxRetriesPerRequest: 0, lazyConnect: true })
    client.on('error', () => {})
    const call = redisStore({ client }).get({ provider, ownerId: 'a' })
    await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    client.disconnect()
  })

  test('is STORE_UNAVAILABLE and retryable when it goes away in the middle of a call', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const client = new Redis({ port, enableReadyCheck: false, maxRetriesPerRequest: 0 })
    client.on('error', () => {})
    const call = redisStore({ client }).claim('m', Date.now() + 1000)
    await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    client.disconnect()
    server.close()
  })

  test('is STORE_UNAVAILABLE and retryable through a node-redis client that is not connected', async () => {
    const call = redisStore({ client: createClient() }).claim('m', 1)
    await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { message: expect.any(String) } })
  })

  test('lets a caller go whose signal fires while the client tries to connect', async () => {
    const client = new Redis({ port: await sparePort() })
    client.on('error', () => {})
    const caller = new AbortController()
    const call = redisStore({ client }).get({ provider, ownerId: 'a' }, { signal: caller.signal })
    caller.abort('enough')
    await expect(call).rejects.toBe('enough')
    client.disconnect()
  })
})
