import { Redis, type RedisOptions } from 'ioredis'
import { createClient, createClientPool, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../../src/stores/redis.ts'
import { removedConnection, storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'
import { recordKey } from '../support/redis.ts'

const present = await available('redis')
const prefix = `stagedoor-${unique()}`
const provider = 'spotify'

type Client = RedisStoreOptions['client']
interface Opened {
  readonly client: Client
  close(): void
}

type IoredisOptions = Omit<RedisOptions, 'replyMapping'> & { readonly replyMapping?: 'legacy' | 'resp3' }
function ioredis(options: IoredisOptions): Opened {
  const client = new Redis(urls.redis, options)
  return { client, close: () => client.disconnect() }
}

type NodeRedis = ReturnType<typeof createClient>
async function nodeRedis(
  options: NonNullable<Parameters<typeof createClient>[0]>,
  view: (client: NodeRedis) => Client = (client) => client,
): Promise<Opened> {
  const client = createClient({ url: urls.redis, ...options })
  await client.connect()
  return { client: view(client as NodeRedis), close: () => client.destroy() }
}

const views: Readonly<Record<string, (client: NodeRedis) => Client>> = {
  'numbers as text': (client) => client.withTypeMapping({ [RESP_TYPES.NUMBER]: String }),
  'text as bytes': (client) => client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }),
  'all text as bytes': (client) =>
    client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer }),
  'maps and sets as objects of JavaScript': (client) =>
    client.withTypeMapping({ [RESP_TYPES.MAP]: Map, [RESP_TYPES.SET]: Set }),
  'maps as lists and doubles as text': (client) =>
    client.withTypeMapping({ [RESP_TYPES.MAP]: Array, [RESP_TYPES.DOUBLE]: String, [RESP_TYPES.BIG_NUMBER]: String }),
}
const clients: Readonly<Record<string, () => Opened | Promise<Opened>>> = {
  ioredis: () => ioredis({}),
  'ioredis with numbers as text': () => ioredis({ stringNumbers: true }),
  'ioredis with RESP 3': () => ioredis({ protocol: 3 }),
  'ioredis with RESP 3, its types, and numbers as text': () =>
    ioredis({ protocol: 3, replyMapping: 'resp3', stringNumbers: true }),
  'ioredis with automatic pipelines': () => ioredis({ enableAutoPipelining: true }),
  'ioredis with automatic pipelines and numbers as text': () =>
    ioredis({ enableAutoPipelining: true, stringNumbers: true }),
  'a pool of node-redis': async () => {
    const pool = createClientPool({ url: urls.redis })
    await pool.connect()
    return { client: pool, close: () => pool.destroy() }
  },
  ...Object.fromEntries(
    ([2, 3] as const).flatMap((RESP) => [
      [`node-redis with RESP ${RESP}`, () => nodeRedis({ RESP })],
      ...Object.entries(views).map(([name, view]) => [
        `node-redis with RESP ${RESP} and ${name}`,
        () => nodeRedis({ RESP }, view),
      ]),
    ]),
  ),
}

describe.skipIf(!present)('a client of the Redis store', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  beforeAll(() => redis.connect())
  afterAll(async () => {
    const keys = await redis.keys(`${prefix}*`)
    if (keys.length > 0) await redis.del(keys)
    redis.disconnect()
  })

  test.each(Object.entries(clients))('may be %s', async (_, open) => {
    const { client, close } = await open()
    const store = redisStore({ client, prefix: `${prefix}-${unique()}` })
    const fields = { ownerId: 'zoë 🎧', account: 'work', accountName: 'Zoë 🎧', accountId: 'a1' }
    const first = storedConnection(fields)
    const lease = { owner: 'p1', id: 'l1' }
    const second = storedConnection({ ...fields, grantEndsAt: 1_796_000_000_000, lease: { ...lease, length: 60_000 } })
    expect(await store.compareAndSet(first, undefined, first)).toBe(true)
    expect(await store.compareAndSet(first, undefined, second)).toBe(false)
    expect(await store.get(first)).toEqual(first)
    expect(await store.compareAndSet(first, first.revision, second)).toBe(true)
    // The same write again is one that the client sent twice.
    expect(await store.compareAndSet(first, first.revision, second)).toBe(true)
    expect(await store.compareAndSet(first, first.revision, { ...second, revision: unique() })).toBe(false)
    const read = { ...second, lease, leaseLeft: expect.any(Number) }
    expect(await store.get(first)).toEqual(read)
    for (const filter of [
      { keyIdNot: 'other' },
      { status: 'connected' as const },
      { app: 'client-1' },
      { ownerId: first.ownerId },
      { accountId: 'a1' },
      { grantEndsBefore: 1_796_000_000_001 },
      { ownerId: first.ownerId, grantEndsBefore: 1_796_000_000_001 },
    ]) {
      expect(await store.list({ provider, limit: 5, ...filter })).toEqual([read])
      expect(await store.count({ provider, by: 'status', ...filter })).toEqual({ connected: 1 })
      expect(await store.count({ provider, by: 'grantEndsOn', ...filter })).toEqual({ '2026-11-30': 1 })
    }
    expect(await store.due({ provider, limit: 5, at: 1e15 })).toEqual([read])
    expect(await store.reserve({ provider, limit: 5, at: 1e15, length: 60_000 })).toEqual([read])
    expect(await store.reserve({ provider, limit: 5, at: 1e15, length: 60_000 })).toEqual([])
    const marker = unique()
    expect(await store.claim(marker, Date.now() + 60_000)).toBe(true)
    expect(await store.claim(marker, Date.now() + 60_000)).toBe(false)
    const revision = await store.state.compareAndSet('key', undefined, Uint8Array.of(0, 255), Date.now() + 60_000)
    expect(revision).toEqual(expect.any(String))
    expect(await store.state.load('key')).toEqual({ revision, bytes: Uint8Array.of(0, 255) })
    expect(await store.state.compareAndSet('key', undefined, Uint8Array.of(1), Date.now() + 60_000)).toBeUndefined()
    const removed = removedConnection({ ownerId: first.ownerId, account: 'work' })
    expect(await store.compareAndSet(first, second.revision, removed)).toBe(true)
    expect(await store.get(first)).toBeUndefined()
    expect(await store.getRemoved(first)).toEqual(removed)
    expect(await store.compareAndSet(first, removed.revision, undefined)).toBe(true)
    expect(await store.getRemoved(first)).toBeUndefined()
    close()
  })

  test('may have a key prefix of its own, through ioredis', async () => {
    const prefixed = redis.duplicate({ keyPrefix: `${prefix}-outer:` })
    const store = redisStore({ client: prefixed, prefix: 'inner' })
    const record = storedConnection({ ownerId: 'a' })
    await store.compareAndSet(record, undefined, record)
    expect(await store.list({ provider, limit: 5 })).toEqual([record])
    expect(await store.reserve({ provider, limit: 5, at: 1e15, length: 1000 })).toEqual([record])
    expect(await redis.exists(`${prefix}-outer:${recordKey('inner', record)}`)).toBe(1)
    prefixed.disconnect()
  })

  test('is refused when the replies that it gives cannot be understood', async () => {
    for (const reply of [undefined, { revision: 'r' }, new Map(), true]) {
      const client = { eval: async () => reply, evalsha: async () => reply }
      const store = redisStore({ client })
      await expect(store.get({ provider, ownerId: 'a' })).rejects.toMatchObject({ code: 'CONFIG_UNSUPPORTED_CLIENT' })
      await expect(store.compareAndSet({ provider, ownerId: 'a' }, 'r', undefined)).rejects.toMatchObject({
        code: 'CONFIG_UNSUPPORTED_CLIENT',
      })
      await expect(store.claim('m', 1)).rejects.toMatchObject({ code: 'CONFIG_UNSUPPORTED_CLIENT' })
    }
  })

  test('is refused if it is of another library, and so is a prefix that would move keys to another slot', () => {
    const foreign = { get() {}, set() {} } as unknown as Client
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
