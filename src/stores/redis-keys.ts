import { ConfigError } from '../errors.ts'
import { utf8 } from '../internal/bytes.ts'
import type { ConnectionId } from './store.ts'

const bucketCount = 64

/**
 * The names of the store's keys. A connection belongs to one of 64 buckets by its owner; the hash tag of the bucket
 * puts its record, due set, list set and key set into one slot of a Redis Cluster.
 */
interface RedisKeys {
  /** Hash: `revision`, `record` (JSON), and copies of the values that the sets below are sorted by. */
  record(id: ConnectionId): string
  /** The sorted sets of a connection's bucket: by next check, by status and owner, by key id and owner. */
  sets(id: ConnectionId): readonly [due: string, list: string, keys: string]
  /** The same set of every bucket. */
  all(set: 'due' | 'list' | 'keys', provider: string): readonly string[]
  claim(marker: string): string
}

export function redisKeys(prefix: string): RedisKeys {
  if (prefix === '' || /[{}\0]/.test(prefix))
    throw new ConfigError(
      'CONFIG_INVALID',
      'prefix must not be empty or contain braces, which would change the slots of keys.',
    )
  const name = (bucket: number, kind: string, provider: string): string =>
    `${prefix}:{bucket-${bucket}}:${kind}:${encodeURIComponent(provider)}`
  return {
    record: (id) => `${name(bucketOf(id.ownerId), 'record', id.provider)}:${id.ownerId}`,
    sets(id) {
      const bucket = bucketOf(id.ownerId)
      return [name(bucket, 'due', id.provider), name(bucket, 'list', id.provider), name(bucket, 'keys', id.provider)]
    },
    all: (set, provider) => Array.from({ length: bucketCount }, (_, bucket) => name(bucket, set, provider)),
    claim: (marker) => `${prefix}:claim:${marker}`,
  }
}

/** FNV-1a of the owner's UTF-8 bytes, folded to the number of buckets. Part of the storage format. */
export function bucketOf(ownerId: string): number {
  let hash = 0x811c9dc5
  for (const byte of utf8(ownerId)) hash = Math.imul(hash ^ byte, 0x01000193)
  return ((hash >>> 16) ^ hash) & (bucketCount - 1)
}
