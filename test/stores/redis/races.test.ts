import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IoredisLike } from '../../../src/stores/redis/client.ts'
import { read } from '../../../src/stores/redis/scripts.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import { storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'

const present = await available('redis')
const prefix = `stagedoor-${unique()}`
const later = Date.now() + 60_000

describe.skipIf(!present)('the Redis store', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  const store = redisStore({ client: redis, prefix })
  beforeAll(async () => {
    await redis.connect()
  })
  afterAll(async () => {
    const keys = await redis.keys(`${prefix}*`)
    if (keys.length > 0) await redis.del(keys)
    redis.disconnect()
  })

  /** As a client that lost its connection before the first reply and has sent the script again. */
  const resending: IoredisLike = {
    eval: async (script, keyCount, ...rest) => {
      await redis.eval(script, keyCount, ...rest)
      return await redis.eval(script, keyCount, ...rest)
    },
    evalsha: async () => {
      throw new Error('NOSCRIPT')
    },
  }

  test('knows a write that its client sends again after a reconnect', async () => {
    const again = redisStore({ client: resending, prefix })
    const first = storedConnection({ provider: unique(), ownerId: 'a' })
    expect(await again.compareAndSet(first, undefined, first)).toBe(true)
    const lease = { owner: 'p1', id: 'l1', length: 20_000 }
    const second = { ...first, revision: unique(), lease }
    expect(await again.compareAndSet(first, first.revision, second)).toBe(true)
    expect(await store.get(first)).toMatchObject({ revision: second.revision, lease: { id: 'l1' } })
    expect(await store.compareAndSet(first, first.revision, { ...first, revision: unique() })).toBe(false)
    expect(await again.claim(unique(), later)).toBe(true)
    const key = unique()
    const revision = await again.state.compareAndSet(key, undefined, new Uint8Array([1]), later)
    expect(revision).toBeTypeOf('string')
    expect(await again.state.compareAndSet(key, revision, new Uint8Array([2]), later)).toBeTypeOf('string')
    expect((await again.state.load(key))?.bytes).toEqual(new Uint8Array([2]))
  })

  /** A store before whose first read of records `change` happens. */
  function interrupted(change: () => Promise<unknown>) {
    let changing: Promise<unknown> | undefined
    const client: IoredisLike = {
      eval: async (script, keyCount, ...rest) => {
        if (script === read) {
          changing ??= change()
          await changing
        }
        return await redis.eval(script, keyCount, ...rest)
      },
      evalsha: async () => {
        throw new Error('NOSCRIPT')
      },
    }
    return redisStore({ client, prefix })
  }

  test('ends no page with a connection whose grant was renewed while the page was read', async () => {
    const provider = unique()
    const grants = [1, 2, 3, 4].map((grantEndsAt) =>
      storedConnection({ provider, ownerId: `o${grantEndsAt}`, grantEndsAt }),
    )
    for (const grant of grants) await store.compareAndSet(grant, undefined, grant)
    const [, renewed] = grants
    if (renewed === undefined) throw new Error('no grant')
    const pages = interrupted(() =>
      store.compareAndSet(renewed, renewed.revision, { ...renewed, revision: unique(), grantEndsAt: 9 }),
    )
    const query = { provider, grantEndsBefore: 10, limit: 2 }
    const first = await pages.list(query)
    const second = await pages.list({ ...query, after: first.at(-1) })
    expect([...first, ...second].map(({ ownerId }) => ownerId)).toEqual(['o1', 'o3', 'o4', 'o2'])
  })

  test('returns as due no record that was put off while the page was read', async () => {
    const provider = unique()
    const records = [1, 2, 3].map((nextCheckAt) =>
      storedConnection({ provider, ownerId: `o${nextCheckAt}`, nextCheckAt }),
    )
    for (const record of records) await store.compareAndSet(record, undefined, record)
    const [first] = records
    if (first === undefined) throw new Error('no record')
    const pages = interrupted(() =>
      store.compareAndSet(first, first.revision, { ...first, revision: unique(), nextCheckAt: 9 }),
    )
    expect((await pages.due({ provider, at: 5, limit: 2 })).map(({ ownerId }) => ownerId)).toEqual(['o2', 'o3'])
  })
})
