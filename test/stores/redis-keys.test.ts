import { describe, expect, test } from 'vitest'
import { bucketOf, redisKeys } from '../../src/stores/redis-keys.ts'

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
