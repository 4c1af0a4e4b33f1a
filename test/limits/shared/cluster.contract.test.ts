import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, describe, test } from 'vitest'
import { clusterLimiter } from '../../../src/limits/shared/cluster.ts'
import { limiterContract } from '../../../src/testing/contracts/limiter.ts'
import { available, urls } from '../../support/services.ts'

describe.skipIf(!(await available('redis')))('the cluster limiter', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  const id = `test-${randomUUID()}`
  let number = 0
  afterAll(async () => {
    const keys = await redis.keys(`*${id}*`)
    if (keys.length > 0) await redis.del(...keys)
    await redis.quit()
  })
  const contract = limiterContract({
    limiter: (options) => clusterLimiter({ redis, id: `${id}-${number++}`, ...options }),
  })
  for (const { name, run } of contract) test(name, run)
})
