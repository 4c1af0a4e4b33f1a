import { describe, expect, test } from 'vitest'
import { bucketOf, idOf, placeOf, redisKeys } from '../../../src/stores/redis/keys.ts'

describe('the names of Redis keys', () => {
  test('are part of the storage format: another hash would lose every connection', () => {
    expect(['', 'alice', 'bob', 'Zoë 🎧', '4b7c9a20-0000-4000-8000-000000000000'].map(bucketOf)).toEqual([
      25, 5, 18, 41, 40,
    ])
    expect(redisKeys('app').record({ provider: 'spotify', ownerId: 'a:b' })).toBe(
      `app:{bucket-${bucketOf('a:b')}}:record:spotify:a:b`,
    )
  })

  test('cannot be the same for two connections, whatever colons their parts have', () => {
    const keys = redisKeys('app')
    expect(keys.record({ provider: 'a:b', ownerId: 'c' })).not.toBe(keys.record({ provider: 'a', ownerId: 'b:c' }))
    const accounts = [{ ownerId: 'a' }, { ownerId: 'a', account: 'b' }, { ownerId: 'ab' }, { ownerId: 'a:b' }]
    expect(new Set(accounts.map((id) => keys.record({ provider: 'p', ...id }))).size).toBe(4)
  })

  test('put all accounts of an owner into one bucket', () => {
    const keys = redisKeys('app')
    const slotOf = (account: string): string | undefined =>
      /\{.*?\}/.exec(keys.record({ provider: 'p', ownerId: 'alice', account }))?.[0]
    expect(slotOf('work')).toBe('{bucket-5}')
    expect(slotOf('')).toBe('{bucket-5}')
  })

  test('can be read back from the members of sets', () => {
    for (const id of [
      { provider: 'p', ownerId: 'a', account: '' },
      { provider: 'p', ownerId: 'a:b', account: 'work' },
    ])
      expect(idOf('p', placeOf(id))).toEqual(id)
  })

  test('use all buckets about equally', () => {
    const counts = new Map<number, number>()
    for (let index = 0; index < 6_400; index++)
      counts.set(bucketOf(`user-${index}`), (counts.get(bucketOf(`user-${index}`)) ?? 0) + 1)
    expect(counts.size).toBe(64)
    expect(Math.max(...counts.values())).toBeLessThan(200)
    expect(Math.min(...counts.values())).toBeGreaterThan(50)
  })
})
