import { claimNonce } from './common/claims.ts'
import { checkCountQuery, checkDueQuery, checkListQuery, matches } from './common/query.ts'
import { checkId, writableRecord } from './common/record.ts'
import { redisContext } from './redis/context.ts'
import { redisCounts } from './redis/counts.ts'
import { hashOf } from './redis/hash.ts'
import { bucketOf, buckets, placeOf, setNames } from './redis/keys.ts'
import { merge } from './redis/merge.ts'
import type { RedisStoreOptions } from './redis/options.ts'
import { compareMembers, countPerBucket, membersByTime, redisPlaces } from './redis/places.ts'
import { redisRecords } from './redis/records.ts'
import { doneReply } from './redis/reply.ts'
import { redisReservations } from './redis/reservations.ts'
import * as scripts from './redis/scripts.ts'
import { placesUpTo } from './redis/set-scripts.ts'
import { expectedText, redisState } from './redis/state.ts'
import type { StoredConnection, StoredRecord, TokenStore } from './store.ts'

export type { IoredisLike, NodeRedisLike } from './redis/client.ts'
export type { RedisStoreOptions } from './redis/options.ts'
export type { StoreOptions, TokenStore } from './store.ts'

/**
 * Keeps connections in Redis 7 or later, or in a Redis Cluster. Redis must be configured to persist and not to evict:
 * see the guide to stores. Time is the server's, unless `now` replaces it.
 *
 * @throws ConfigError `CONFIG_UNSUPPORTED_CLIENT` for another client, `CONFIG_INVALID` for a prefix with braces
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis'
 * import { redisStore } from 'stagedoor/stores/redis'
 *
 * const store = redisStore({ client: new Redis({ maxRetriesPerRequest: 2 }), prefix: 'myapp' })
 * ```
 */
export function redisStore(options: RedisStoreOptions): Required<TokenStore> {
  const context = redisContext(options)
  const { keys, now, run, runOnSet } = context
  const places = redisPlaces(context)
  const records = redisRecords(context, options)
  const count = redisCounts(context, places)
  const reserve = redisReservations(context, options)

  return {
    async get(id, call) {
      checkId(id)
      const record = await records.get(id, call)
      return record?.status === 'removed' ? undefined : record
    },

    async getRemoved(id, call) {
      checkId(id)
      const record = await records.get(id, call)
      return record?.status === 'removed' ? record : undefined
    },

    async compareAndSet(id, expected, next, call) {
      checkId(id)
      const bucket = bucketOf(id.ownerId)
      const sets = setNames.map((name) => keys.set(name, bucket, id.provider))
      const names = [keys.record(id), keys.sizes(bucket, id.provider), ...sets]
      const hash = next === undefined ? ['', '', '', ''] : hashOf(writableRecord(id, expected, next))
      const values = [now(), expectedText(expected), placeOf(id), ...hash]
      return doneReply(await run(scripts.compareAndSet, names, values, call))
    },

    async list(query, call) {
      checkListQuery(query)
      // What was moved after its place was read would be out of order, and the next page would begin behind it.
      const accepts = (record: StoredRecord, time: number): record is StoredConnection =>
        record.status !== 'removed' &&
        matches(record, query) &&
        (query.grantEndsBefore === undefined || record.grantEndsAt === time)
      return records.page(query, places.inOrder(query, call), accepts, call)
    },

    async count(query, call) {
      checkCountQuery(query)
      return count(query, call)
    },

    async due(query, call) {
      checkDueQuery(query)
      const sources = buckets.map((bucket) => {
        const set = { name: 'due', bucket, provider: query.provider } as const
        return membersByTime((size, after) => runOnSet(placesUpTo, set, [`${query.at}`, `${size}`, ...after], call))
      })
      const members = merge(sources, compareMembers, countPerBucket(query.limit))
      return records.page(query, members, (record): record is StoredRecord => record.nextCheckAt <= query.at, call)
    },

    async reserve(query, call) {
      checkDueQuery(query)
      return reserve(query, call)
    },

    async claim(marker, expiresAt, call) {
      const nonce = claimNonce(marker, expiresAt, call?.nonce)
      return doneReply(await run(scripts.claim, [keys.claim(marker)], [now(), `${expiresAt}`, nonce], call))
    },

    state: redisState(context),

    async close() {
      context.close()
    },
  }
}
