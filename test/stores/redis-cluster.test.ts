import { Cluster, Redis } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../../src/stores/redis.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'
import { storedConnection } from '../../src/testing/contracts/store-fixtures.ts'
import { available } from '../support/services.ts'
import { recordKey } from './support/redis.ts'
import { type RedisClusterNodes, startRedisCluster } from './support/redis-cluster.ts'

const prefix = 'stagedoor'

describe.skipIf(!(await available('redis-server')))('the Redis store on a cluster of three', () => {
  let cluster: RedisClusterNodes
  let ioredis: Cluster
  let nodeRedis: ReturnType<typeof createCluster>
  beforeAll(async () => {
    cluster = await startRedisCluster()
    ioredis = new Cluster([...cluster.nodes])
    nodeRedis = createCluster({ rootNodes: cluster.nodes.map((socket) => ({ socket })) })
    await nodeRedis.connect()
  })
  afterAll(async () => {
    ioredis?.disconnect()
    nodeRedis?.destroy()
    await cluster?.stop()
  })

  describe.each(['ioredis', 'node-redis'] as const)('through %s', (name) => {
    const contract = storeContract({
      store: () => redisStore({ client: name === 'ioredis' ? ioredis : nodeRedis, prefix }),
      other: () => redisStore({ client: name === 'ioredis' ? nodeRedis : ioredis, prefix }),
      async corrupt(id) {
        await ioredis.hset(recordKey(prefix, id), 'record', '{"accessToken":"BQDplaintext"}')
      },
    })
    for (const { name, run } of contract) test(name, run)
  })

  test('every node holds its share of the connections', async () => {
    const store = redisStore({ client: ioredis, prefix: 'spread' })
    for (let index = 0; index < 300; index++) {
      const record = storedConnection({ ownerId: `user-${index}` })
      await store.compareAndSet(record, undefined, record)
    }
    for (const node of cluster.nodes) {
      const client = new Redis(node)
      const keys = await client.keys('spread:*:record:*')
      client.disconnect()
      expect(keys.length).toBeGreaterThan(60)
    }
  })
})
