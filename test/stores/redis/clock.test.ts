import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { redisStore } from '../../../src/stores/redis.ts'
import { storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'

const present = await available('redis')
const prefix = `stagedoor-${unique()}`
const hour = 3_600_000

describe.skipIf(!present)('the clock of the Redis store', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  const store = redisStore({ client: redis, prefix })
  beforeAll(() => redis.connect())
  afterEach(() => vi.useRealTimers())
  afterAll(async () => {
    const keys = await redis.keys(`${prefix}*`)
    if (keys.length > 0) await redis.del(keys)
    redis.disconnect()
  })
  const setProcessClock = (offset: number): void => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset })
  }

  test.each([-hour, hour])('is the server’s, though the clock of the process is off by %i ms', async (offset) => {
    const id = unique()
    const lease = { owner: 'p1', id, length: 60_000 }
    const record = storedConnection({ ownerId: id, lease, deliveryLease: { ...lease, length: 90_000 } })
    setProcessClock(offset)
    await store.compareAndSet(record, undefined, record)
    vi.useRealTimers()
    setProcessClock(-offset)
    for (const found of [
      await store.get(record),
      ...(await store.list({ provider: 'spotify', ownerId: id, limit: 1 })),
      ...(await store.reserve({ provider: 'spotify', at: 1e15, limit: 1, length: 60_000 })),
    ]) {
      expect(found).toMatchObject({ lease: { owner: 'p1', id }, leaseLeft: expect.any(Number) })
      expect(found?.deliveryLeaseLeft).toBeGreaterThan(70_000)
      expect(found?.deliveryLeaseLeft).toBeLessThanOrEqual(90_000)
    }
    const { leaseLeft } = (await store.get(record)) ?? {}
    expect(leaseLeft).toBeGreaterThan(40_000)
    expect(leaseLeft).toBeLessThanOrEqual(60_000)
    expect(await store.reserve({ provider: 'spotify', at: 1e15, limit: 1, length: 60_000 })).toEqual([])
  })

  test('may be another, by which leases, markers and states end', async () => {
    let at = 5_000
    const store = redisStore({ client: redis, prefix: `${prefix}-now`, now: () => at })
    const lease = { owner: 'p1', id: 'l1', length: 1_000 }
    const first = storedConnection({ ownerId: 'a', lease })
    const same = { ...first, revision: unique() }
    const taken = { ...first, revision: unique(), lease: { ...lease, id: 'l2' } }
    const left = async (): Promise<number | undefined> => (await store.get(first))?.leaseLeft
    await store.compareAndSet(first, undefined, first)
    expect(await left()).toBe(1_000)
    at += 400
    await store.compareAndSet(first, first.revision, same)
    expect(await left()).toBe(600)
    at += 700
    expect(await left()).toBe(-100)
    await store.compareAndSet(first, same.revision, taken)
    expect(await left()).toBe(1_000)

    expect(await store.claim('m', 10_000, { nonce: 'n1' })).toBe(true)
    expect(await store.claim('m', 10_000, { nonce: 'n1' })).toBe(true)
    expect(await store.claim('m', 10_000, { nonce: 'n2' })).toBe(false)
    const bytes = Uint8Array.of(1, 2)
    const revision = await store.state.compareAndSet('s', undefined, bytes, 10_000)
    expect(await store.state.load('s')).toEqual({ revision, bytes })
    at = 10_000
    expect(await store.claim('m', 20_000, { nonce: 'n2' })).toBe(true)
    expect(await store.claim('m', 20_000, { nonce: 'n1' })).toBe(false)
    expect(await store.state.load('s')).toBeUndefined()
    expect(await store.state.compareAndSet('s', revision, bytes, 20_000)).toBeUndefined()
    expect(await store.state.compareAndSet('s', undefined, bytes, 20_000)).toEqual(expect.any(String))
  })

  test('lets the server remove markers and states when they end', async () => {
    const own = `${prefix}-ends`
    const store = redisStore({ client: redis, prefix: own })
    const { now } = Date
    await store.claim('m', now() + 90_000)
    await store.claim('past', 5)
    await store.state.compareAndSet('s', undefined, Uint8Array.of(1), now() + 90_000)
    for (const [key, least, most] of [
      ['claim:m', 60_000, 90_000],
      ['claim:past', 3_590_000, 3_600_000],
      ['state:s', 60_000, 90_000],
    ] as const) {
      const left = await redis.pttl(`${own}:${key}`)
      expect(left).toBeGreaterThan(least)
      expect(left).toBeLessThanOrEqual(most)
    }
    const { revision } = (await store.state.load('s')) ?? {}
    expect(await store.state.compareAndSet('s', revision, Uint8Array.of(1), 5)).toEqual(expect.any(String))
    expect(await redis.exists(`${own}:state:s`)).toBe(0)
  })
})
