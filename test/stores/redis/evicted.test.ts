import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisKeys, setNames } from '../../../src/stores/redis/keys.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import { removedConnection, storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'

const present = await available('redis')
// Every character that means something in a pattern of keys.
const prefix = `stagedoor-[${unique()}]*?^-\\`
const provider = 'spotify'
const owners = Array.from({ length: 30 }, (_, index) => `${index + 10}`)

describe.skipIf(!present)('a Redis server that evicts keys', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  const store = redisStore({ client: redis, prefix })
  const keys = redisKeys(prefix)
  const everyBucket = Array.from({ length: 64 }, (_, bucket) => bucket)
  const setsNamed = (names: readonly (typeof setNames)[number][]): string[] =>
    names.flatMap((name) => everyBucket.map((bucket) => keys.set(name, bucket, provider)))
  const sizes = everyBucket.map((bucket) => keys.sizes(bucket, provider))
  const records = owners.map((ownerId, index) =>
    storedConnection({
      ownerId,
      account: index % 2 ? 'work' : '',
      accountId: 'a1',
      grantEndsAt: index,
      nextCheckAt: index,
    }),
  )
  const last = { provider, ownerId: '99' }
  const removed = removedConnection({ ownerId: '99', nextCheckAt: 99 })
  beforeAll(async () => {
    await redis.connect()
    for (const record of [...records, removed]) expect(await store.compareAndSet(record, undefined, record)).toBe(true)
  })
  afterAll(async () => {
    await redis.del([...setsNamed(setNames), ...sizes, ...[...records, removed].map((record) => keys.record(record))])
    redis.disconnect()
  })

  const queries: Readonly<Record<string, () => Promise<unknown>>> = {
    'list of all': () => store.list({ provider, limit: 99 }),
    'list by key': () => store.list({ provider, limit: 99, keyIdNot: 'other' }),
    'list by application': () => store.list({ provider, limit: 99, app: 'client-1' }),
    'list by account': () => store.list({ provider, limit: 99, accountId: 'a1' }),
    'list by the end of the grant': () => store.list({ provider, limit: 99, grantEndsBefore: 99 }),
    'list of an account by the end of the grant': () =>
      store.list({ provider, limit: 99, accountId: 'a1', grantEndsBefore: 99 }),
    'count by status': async () => (await store.count({ provider, by: 'status' })).connected === 30 && records,
    'count by day': async () => (await store.count({ provider, by: 'grantEndsOn' }))['1970-01-01'] === 30 && records,
    due: () => store.due({ provider, at: 98, limit: 99 }),
    reserve: () => store.reserve({ provider, at: 98, limit: 99, length: 1 }),
  }
  const losses: Readonly<Record<string, readonly string[]>> = {
    'all sets': setsNamed(setNames),
    'the sets by value': setsNamed(['status', 'keys', 'apps', 'accounts']),
    'the sets by time': setsNamed(['due', 'grants']),
    'the sizes of the sets': sizes,
    'half of the sets': setsNamed(setNames).filter((_, index) => index % 2 === 0),
  }
  const cases = Object.keys(losses).flatMap((loss) => Object.keys(queries).map((query) => [loss, query] as const))

  test.each(cases)('that has lost %s finds every record by %s', async (loss, query) => {
    await redis.del([...(losses[loss] ?? [])])
    expect(await queries[query]?.()).toEqual(records)
  })

  test('keeps what is written before a set is restored', async () => {
    await redis.del(setsNamed(setNames))
    const [first, second] = records
    if (first === undefined || second === undefined) throw new Error('there are no records')
    const ended = { ...first, revision: unique(), status: 'needs_reauth' as const }
    expect(await store.compareAndSet(first, first.revision, ended)).toBe(true)
    expect(await store.compareAndSet(second, second.revision, undefined)).toBe(true)
    expect(await store.list({ provider, limit: 99 })).toEqual([ended, ...records.slice(2)])
    expect(await store.count({ provider, by: 'status' })).toEqual({ connected: 28, needs_reauth: 1 })
    expect(await store.due({ provider, at: 1e15, limit: 99 })).toEqual([ended, ...records.slice(2), removed])
    expect(await store.compareAndSet(last, removed.revision, undefined)).toBe(true)
    expect(await store.due({ provider, at: 1e15, limit: 99 })).toEqual([ended, ...records.slice(2)])
  })
})
