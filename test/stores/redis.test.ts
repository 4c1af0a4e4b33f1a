import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, describe, test } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../src/stores/redis.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'
import { unique } from '../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../support/services.ts'
import { spoilToken } from './support/redis.ts'

const present = await available('redis')
const ioredis = new Redis(urls.redis, { lazyConnect: true })
const nodeRedis = createClient({ url: urls.redis })
if (present) await Promise.all([ioredis.connect(), nodeRedis.connect()])
const prefix = `stagedoor-${unique()}`
afterAll(async () => {
  if (!present) return
  for await (const keys of nodeRedis.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 }))
    if (keys.length > 0) await nodeRedis.del(keys)
  nodeRedis.destroy()
  ioredis.disconnect()
})

const clients: { name: string; client: RedisStoreOptions['client']; other: RedisStoreOptions['client'] }[] = [
  { name: 'ioredis', client: ioredis, other: nodeRedis },
  { name: 'node-redis', client: nodeRedis, other: ioredis },
]

describe.skipIf(!present).each(clients)('the Redis store through $name', ({ name, client, other }) => {
  describe('by the clock of the server', () => {
    const contract = storeContract({
      store: () => redisStore({ client, prefix }),
      other: () => redisStore({ client: other, prefix }),
      corrupt: (id) => spoilToken(ioredis, prefix, id),
    })
    for (const { name, run } of contract) test(name, run)
  })

  describe('by a clock of the test', () => {
    let ahead = 0
    const now = (): number => Date.now() + ahead
    const own = `${prefix}-${name}`
    const contract = storeContract({
      store: () => redisStore({ client, prefix: own, now }),
      other: () => redisStore({ client: other, prefix: own, now }),
      corrupt: (id) => spoilToken(ioredis, own, id),
      advance(ms) {
        ahead += ms
      },
    })
    for (const { name, run } of contract) test(name, run)
  })
})
