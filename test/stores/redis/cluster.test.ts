import { Cluster, Redis } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../../../src/stores/redis.ts'
import { storeContract } from '../../../src/testing/contracts/store.ts'
import { storedConnection } from '../../../src/testing/contracts/store-fixtures.ts'
import { available } from '../../support/services.ts'
import { spoilToken } from '../support/redis.ts'
import { type RedisClusterNodes, startRedisCluster } from '../support/redis-cluster.ts'

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
      corrupt: (id) => spoilToken(ioredis, prefix, id),
    })
    for (const { name, run } of contract) test(name, run)
  })

  test('every node holds its share of the connections, and callers at once reserve each of them once', async () => {
    const stores = Array.from({ length: 8 }, (_, index) =>
      redisStore({ client: index % 2 === 0 ? ioredis : nodeRedis, prefix: 'spread' }),
    )
    const owners = Array.from({ length: 300 }, (_, index) => `user-${index}`)
    await Promise.all(
      owners.map(async (ownerId, index) => {
        const record = storedConnection({ ownerId, account: index % 2 === 0 ? '' : 'work', nextCheckAt: index })
        await stores[index % 8]?.compareAndSet(record, undefined, record)
      }),
    )
    for (const node of cluster.nodes) {
      const client = new Redis(node)
      const keys = await client.keys('spread:*:record:*')
      client.disconnect()
      expect(keys.length).toBeGreaterThan(60)
    }
    const query = { provider: 'spotify', at: 1e15, limit: 40, length: 60_000 }
    const reserved = (await Promise.all(stores.map((store) => store.reserve(query)))).flat()
    expect(reserved.map(({ ownerId }) => ownerId).sort()).toEqual([...owners].sort())
  })
})
