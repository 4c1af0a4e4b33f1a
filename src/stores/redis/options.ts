import type { StoreOptions } from '../store.ts'
import type { IoredisLike, NodeRedisLike } from './client.ts'

/** Options of `redisStore`. */
export interface RedisStoreOptions extends StoreOptions {
  /** The application's own connected client: ioredis or node-redis, single server or cluster. The store never closes it. */
  readonly client: IoredisLike | NodeRedisLike
  /** Prefix of every key. @default 'stagedoor' */
  readonly prefix?: string | undefined
}
