import { createServer } from 'node:net'
import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../src/stores/redis.ts'
import { storedConnection, unique } from '../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../support/services.ts'
import { recordKey } from './support/redis.ts'

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
      const record = storedConnection({ ownerId })
      const next = storedConnection({ ownerId, status: 'needs_reauth', refreshToken: undefined })
      await small.compareAndSet(record, undefined, record)
      await small.compareAndSet(record, record.revision, next)
      expect(await redis.keys(`${own}:*`)).toHaveLength(4)
      await small.compareAndSet(record, next.revision, undefined)
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

  test('keeps a marker until it expires, or for an hour if that time is already past', async () => {
    const marker = unique()
    await store.claim(marker, Date.now() + 90_000)
    await store.claim(`${marker}-past`, 5)
    const left = await redis.pttl(`${prefix}:claim:${marker}`)
    expect(left).toBeGreaterThan(60_000)
    expect(left).toBeLessThanOrEqual(90_000)
    expect(await redis.pttl(`${prefix}:claim:${marker}-past`)).toBeGreaterThan(3_590_000)
  })

  test.each([
    ['no JSON', { record: '{' }],
    ['another owner’s record', { record: JSON.stringify(storedConnection({ ownerId: 'b' })) }],
    ['another revision', { revision: 'other' }],
    ['a key id that is not the token’s', { access: 'k9' }],
    ['a status that is not the record’s', { status: 'needs_reauth' }],
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

  test('skips an index entry whose record is gone', async () => {
    const own = `${prefix}-${unique()}`
    const store = redisStore({ client: redis, prefix: own })
    const [gone, here] = [storedConnection({ ownerId: 'a' }), storedConnection({ ownerId: 'b' })]
    for (const record of [gone, here]) await store.compareAndSet(record, undefined, record)
    await redis.del(recordKey(own, gone))
    expect(await store.list({ provider, limit: 1 })).toEqual([here])
    expect(await store.due({ provider, limit: 1, at: 1e15 })).toEqual([here])
  })

  test('works under a key prefix of ioredis', async () => {
    const prefixed = redis.duplicate({ keyPrefix: `${prefix}-outer:` })
    const store = redisStore({ client: prefixed, prefix: 'inner' })
    const record = storedConnection({ ownerId: 'a' })
    await store.compareAndSet(record, undefined, record)
    expect(await store.list({ provider, limit: 5 })).toEqual([record])
    expect(await redis.exists(`${prefix}-outer:${recordKey('inner', record)}`)).toBe(1)
    prefixed.disconnect()
  })

  test.each([
    [
      'a pool of node-redis',
      async () => {
        const pool = createClientPool({ url: urls.redis })
        await pool.connect()
        return pool
      },
    ],
    ['node-redis with RESP 2', () => createClient({ url: urls.redis, RESP: 2 }).connect()],
    ['node-redis with RESP 3', () => createClient({ url: urls.redis, RESP: 3 }).connect()],
    ['ioredis with automatic pipelines', async () => redis.duplicate({ enableAutoPipelining: true })],
  ])('works through %s', async (_, connect) => {
    const client = await connect()
    const store = redisStore({ client, prefix: `${prefix}-${unique()}` })
    const [first, second] = [storedConnection({ ownerId: 'a' }), storedConnection({ ownerId: 'a' })]
    await store.compareAndSet(first, undefined, first)
    expect(await store.compareAndSet(first, first.revision, second)).toBe(true)
    expect(await store.compareAndSet(first, first.revision, second)).toBe(false)
    expect(await store.get(first)).toEqual(second)
    expect(await store.list({ provider, limit: 5, keyIdNot: 'other' })).toEqual([second])
    expect(await store.due({ provider, limit: 5, at: 1e15 })).toEqual([second])
    expect(await store.claim(unique(), Date.now() + 1000)).toBe(true)
    if ('disconnect' in client && client instanceof Redis) client.disconnect()
    else client.destroy()
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

  test('refuses other clients, and a prefix that would move keys to another slot', () => {
    const foreign = { get() {}, set() {} } as unknown as RedisStoreOptions['client']
    expect(() => redisStore({ client: foreign })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNSUPPORTED_CLIENT' }),
    )
    expect(() => redisStore({ client: undefined as never })).toThrow(
      expect.objectContaining({ code: 'CONFIG_MISSING' }),
    )
    for (const bad of ['', 'a{b}', '}'])
      expect(() => redisStore({ client: redis, prefix: bad })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      )
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
