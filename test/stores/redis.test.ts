import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, describe, test } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../src/stores/redis.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'
import { unique } from '../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../support/services.ts'
import { recordKey } from './support/redis.ts'

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

const clients: { name: string; client: RedisStoreOptions['client'] }[] = [
  { name: 'ioredis', client: ioredis },
  { name: 'node-redis', client: nodeRedis },
]

describe.skipIf(!present).each(clients)('the Redis store through $name', ({ client }) => {
  const store = redisStore({ client, prefix })
  const contract = storeContract({
    store: () => store,
    other: () => redisStore({ client: client === ioredis ? nodeRedis : ioredis, prefix }),
    async corrupt(id) {
      const key = recordKey(prefix, id)
      const record = JSON.parse((await ioredis.hget(key, 'record')) ?? '{}') as object
      await ioredis.hset(key, 'record', JSON.stringify({ ...record, accessToken: 'BQDplaintext' }))
    },
  })
  for (const { name, run } of contract) test(name, run)
})
