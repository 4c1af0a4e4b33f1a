import { ConfigError } from '../../errors.ts'
import { utf8 } from '../../internal/bytes.ts'
import type { ConnectionId } from '../store.ts'

const bucketCount = 64
export const buckets: readonly number[] = Array.from({ length: bucketCount }, (_, bucket) => bucket)

/** The sorted sets of a bucket: two by a time, four by a value of the connection and its place. */
export const setNames = ['due', 'grants', 'status', 'keys', 'apps', 'accounts'] as const
export type SetName = (typeof setNames)[number]

/**
 * The names of the store's keys. A connection belongs to one of 64 buckets by its owner; the hash tag of the bucket
 * puts its record and the sets it is in into one slot of a Redis Cluster.
 */
export interface RedisKeys {
  /** Hash: `revision`, `record` (JSON), leases, and copies of the values that the sets are sorted by. */
  record(id: ConnectionId): string
  /** What the names of all records of a bucket begin with; the owner follows, then NUL and the account unless it is `''`. */
  records(bucket: number, provider: string): string
  set(name: SetName, bucket: number, provider: string): string
  /** Hash: how many members each set of a bucket has, to notice when the server has lost some. */
  sizes(bucket: number, provider: string): string
  claim(marker: string): string
  state(key: string): string
}

export function redisKeys(prefix: string): RedisKeys {
  if (prefix === '' || /[{}\0]/.test(prefix))
    throw new ConfigError(
      'CONFIG_INVALID',
      'prefix must not be empty or contain braces, which would change the slots of keys.',
    )
  const name = (bucket: number, kind: SetName | 'record' | 'sizes', provider: string): string =>
    `${prefix}:{bucket-${bucket}}:${kind}:${encodeURIComponent(provider)}`
  const records = (bucket: number, provider: string): string => `${name(bucket, 'record', provider)}:`
  return {
    record: (id) => `${records(bucketOf(id.ownerId), id.provider)}${id.ownerId}${id.account ? `\0${id.account}` : ''}`,
    records,
    set: (set, bucket, provider) => name(bucket, set, provider),
    sizes: (bucket, provider) => name(bucket, 'sizes', provider),
    claim: (marker) => `${prefix}:claim:${marker}`,
    state: (key) => `${prefix}:state:${key}`,
  }
}

/** FNV-1a of the owner's UTF-8 bytes, folded to the number of buckets. Part of the storage format. */
export function bucketOf(ownerId: string): number {
  let hash = 0x811c9dc5
  for (const byte of utf8(ownerId)) hash = Math.imul(hash ^ byte, 0x01000193)
  return ((hash >>> 16) ^ hash) & (bucketCount - 1)
}

/** How the sets name a connection: owner, NUL and account, whose bytes are in the order of lists. */
export function placeOf({ ownerId, account = '' }: Pick<ConnectionId, 'ownerId' | 'account'>): string {
  return `${ownerId}\0${account}`
}

export function idOf(provider: string, place: string): Required<ConnectionId> & { readonly account: string } {
  const end = place.indexOf('\0')
  return { provider, ownerId: place.slice(0, end), account: place.slice(end + 1) }
}
