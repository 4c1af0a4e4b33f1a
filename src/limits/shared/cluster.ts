import Bottleneck from 'bottleneck'
import { ConfigError } from '../../errors.ts'
import { withTimeout } from '../../internal/timeout.ts'
import { CeilingRules } from '../adaptive/ceiling-rules.ts'
import type { Limiter } from '../limiter.ts'
import { checkOptions, defaultGuard, defaultShare } from '../options.ts'
import type { Connect, Link } from './shared-connection.ts'
import { SharedLimiter, type SharedLimiterOptions } from './shared-limiter.ts'
import { type ScriptClient, SharedWindow } from './shared-window.ts'

/** Options of {@link clusterLimiter}. */
export interface ClusterLimiterOptions extends SharedLimiterOptions {
  /** A client of the package ioredis. The limiter works on connections of its own that it makes from this one. */
  readonly redis: IoredisClient
  /** The processes with the same `id` share one limit; the client id of the application is a good choice. */
  readonly id: string
  /** Milliseconds after which the slot of a process that died is free again; longer than any request. @default 15_000 */
  readonly expiration?: number | undefined
}

/** The part of an ioredis client that the limiter uses. */
export interface IoredisClient {
  readonly status: string
  duplicate(...options: never[]): unknown
  defineCommand(name: string, definition: { numberOfKeys: number; lua: string }): unknown
}

interface Connection extends ScriptClient {
  readonly status: string
  on(event: string, listener: (error: unknown) => void): unknown
  disconnect(): void
}

const connectTimeout = 2000
const commandTimeout = 1000

/**
 * Creates a limiter that all processes with the same `id` on one Redis share: slots, learned ceiling and pauses.
 * Bottleneck manages the queue and the slots; Lua scripts keep the window and the pauses, on the clock of Redis.
 * While Redis is unavailable, each process works alone at `share` of the ceiling and emits `limiter.degraded`.
 * @throws ConfigError `CONFIG_UNSUPPORTED_CLIENT` if `redis` is not a client of ioredis, `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis'
 * import { createSpotify } from 'stagedoor'
 * import { clusterLimiter } from 'stagedoor/limits/cluster'
 *
 * const spotify = createSpotify({ limiter: clusterLimiter({ redis: new Redis(), id: clientId }) })
 * ```
 */
export function clusterLimiter(options: ClusterLimiterOptions): Limiter {
  const { redis, id, expiration = 15_000, share = defaultShare } = options
  if (!isIoredis(redis)) {
    throw new ConfigError(
      'CONFIG_UNSUPPORTED_CLIENT',
      'clusterLimiter needs a client of the package ioredis: pass { redis: new Redis(url) } with Redis from "ioredis". Bottleneck, which manages its queue, does not support the package redis (node-redis).',
    )
  }
  if (typeof id !== 'string' || id === '' || /[{}]/.test(id)) {
    throw new ConfigError('CONFIG_INVALID', 'The limiter option id must be a non-empty string without braces.')
  }
  if (!(Number.isFinite(expiration) && expiration > 0)) {
    throw new ConfigError('CONFIG_INVALID', 'The limiter option expiration must be a positive number of milliseconds.')
  }
  if (!(share > 0 && share <= 1)) {
    throw new ConfigError('CONFIG_INVALID', 'The limiter option share must be above 0 and at most 1.')
  }
  const { maxConcurrent } = checkOptions(options)
  const connect: Connect = (events) => connectLink(options, events, { expiration, maxConcurrent })
  return new SharedLimiter(options, expiration, connect)
}

function isIoredis(client: unknown): client is IoredisClient {
  if (typeof client !== 'object' || client === null) return false
  const { status, duplicate, defineCommand } = client as Partial<IoredisClient>
  return typeof status === 'string' && typeof duplicate === 'function' && typeof defineCommand === 'function'
}

async function connectLink(
  options: ClusterLimiterOptions,
  events: Parameters<Connect>[0],
  { expiration, maxConcurrent }: { readonly expiration: number; readonly maxConcurrent: number },
): Promise<Link> {
  const { redis, id, guard = defaultGuard } = options
  const client = duplicate(redis)
  const connection = new Bottleneck.IORedisConnection({ client, Redis: redis.constructor })
  const { subscriber } = connection as typeof connection & { readonly subscriber: Connection }
  let closed = false
  const lost = (): void => {
    if (closed) return
    closed = true
    events.lost()
  }
  const bottleneck = new Bottleneck({
    id: `stagedoor:{${id}}`,
    connection,
    maxConcurrent,
    heartbeatInterval: 250,
  })
  const close = async (): Promise<void> => {
    closed = true
    // Not bottleneck.disconnect(): it unsubscribes and lets the rejection go unhandled when the connection is gone.
    await connection.disconnect(false)
  }
  bottleneck.on('error', lost)
  for (const each of [client, subscriber]) for (const event of ['close', 'end']) each.on(event, lost)
  bottleneck.on('message', (message: string) => events.message(message))
  try {
    await withTimeout(bottleneck.ready(), connectTimeout, timeoutError)
    await bottleneck.updateSettings({ maxConcurrent })
  } catch (error) {
    await close()
    throw error
  }
  return {
    window: new SharedWindow({ client, id, rules: new CeilingRules(options), guard, expiration }),
    withSlot(run) {
      // An expired slot is free again while the request goes on, so that is not an error.
      const expired = (error: unknown): void => {
        if (!(error instanceof Error) || !error.message.includes('timed out')) throw error
      }
      return bottleneck.schedule({ expiration }, run).catch(expired)
    },
    publish: (message) => void bottleneck.publish(message).catch(lost),
    close,
  }
}

/** A connection that fails at once instead of queueing, so that the limiter can go on without it. */
function duplicate(redis: IoredisClient): Connection {
  const options = {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout,
    connectTimeout,
    lazyConnect: false,
    retryStrategy: () => null,
  }
  const { isCluster } = redis as { readonly isCluster?: boolean }
  const make = redis.duplicate.bind(redis) as (...args: unknown[]) => Connection
  return isCluster === true ? make(undefined, { redisOptions: options }) : make(options)
}

function timeoutError(): Error {
  return new Error('Redis did not respond in time.')
}
