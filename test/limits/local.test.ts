import { expect, test } from 'vitest'
import { adaptiveLimiter } from '../../src/limits/local.ts'

test('a job that need not wait runs at once', async () => {
  const limiter = adaptiveLimiter()
  expect(await limiter.schedule(async () => 7)).toBe(7)
  expect(limiter.state()).toMatchObject({ ceiling: 90, cap: 90, inWindow: 1, running: 0, queued: 0 })
})
