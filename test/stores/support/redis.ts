import type { Cluster, Redis } from 'ioredis'
import { bucketOf, redisKeys, type SetName, setNames } from '../../../src/stores/redis/keys.ts'
import type { ConnectionId } from '../../../src/stores/store.ts'

export function recordKey(prefix: string, id: ConnectionId): string {
  return redisKeys(prefix).record(id)
}

/** Replaces the access token of a stored connection with plaintext. */
export async function spoilToken(redis: Redis | Cluster, prefix: string, id: ConnectionId): Promise<void> {
  const key = recordKey(prefix, id)
  const record = JSON.parse((await redis.hget(key, 'record')) ?? '{}') as object
  await redis.hset(key, 'record', JSON.stringify({ ...record, accessToken: 'BQDplaintext' }))
}

/** All members of the sets of a connection's bucket with their scores, by the name of the set. */
export async function setsOf(
  redis: Redis | Cluster,
  prefix: string,
  id: ConnectionId,
): Promise<Readonly<Record<SetName, Readonly<Record<string, number>>>>> {
  const keys = redisKeys(prefix)
  const sets = setNames.map(async (name) => {
    const reply = await redis.zrange(keys.set(name, bucketOf(id.ownerId), id.provider), '0', '-1', 'WITHSCORES')
    const members = reply.flatMap((member, index) => (index % 2 === 0 ? [[member, Number(reply[index + 1])]] : []))
    return [name, Object.fromEntries(members) as Record<string, number>] as const
  })
  return Object.fromEntries(await Promise.all(sets)) as Record<SetName, Record<string, number>>
}
