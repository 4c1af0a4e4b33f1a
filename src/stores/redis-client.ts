import { ConfigError } from '../errors.ts'
import { utf8 } from '../internal/bytes.ts'

/** The part of ioredis that the store uses: a `Redis` or a `Cluster`. */
export interface IoredisLike {
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  evalsha(sha1: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  hmget(key: string, ...fields: string[]): Promise<unknown>
}

/** The part of node-redis that the store uses: a connected client, pool or cluster. */
export interface NodeRedisLike {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  hmGet(key: string, fields: string[]): Promise<unknown>
}

/** The commands that the store needs, for either client. All keys of a call are in one slot. */
interface RedisCommands {
  hmget(key: string, fields: readonly string[]): Promise<readonly unknown[]>
  run(script: string, keys: readonly string[], values: readonly string[]): Promise<unknown>
}

/** @throws ConfigError `CONFIG_MISSING`, or `CONFIG_UNSUPPORTED_CLIENT` for anything but ioredis and node-redis 4 or later */
export function redisCommands(client: IoredisLike | NodeRedisLike): RedisCommands {
  const digests = new Map<string, Promise<string>>()
  const digest = (script: string): Promise<string> => {
    const known = digests.get(script) ?? sha1(script)
    digests.set(script, known)
    return known
  }
  const { hmget, evaluate } = commandsOf(client)
  return {
    hmget,
    async run(script, keys, values) {
      try {
        return await evaluate('sha', await digest(script), keys, values)
      } catch (error) {
        // A server that was restarted or has just become primary does not have the script yet.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return evaluate('script', script, keys, values)
      }
    },
  }
}

interface Commands {
  hmget(key: string, fields: readonly string[]): Promise<readonly unknown[]>
  evaluate(by: 'sha' | 'script', text: string, keys: readonly string[], values: readonly string[]): Promise<unknown>
}

function commandsOf(client: IoredisLike | NodeRedisLike): Commands {
  if (typeof client !== 'object' || client === null)
    throw new ConfigError('CONFIG_MISSING', 'redisStore needs client: the Redis client of the application.')
  if ('evalSha' in client && 'hmGet' in client) {
    return {
      hmget: async (key, fields) => (await client.hmGet(key, [...fields])) as readonly unknown[],
      evaluate(by, text, keys, values) {
        const options = { keys: [...keys], arguments: [...values] }
        return by === 'sha' ? client.evalSha(text, options) : client.eval(text, options)
      },
    }
  }
  if ('evalsha' in client && 'hmget' in client) {
    return {
      hmget: async (key, fields) => (await client.hmget(key, ...fields)) as readonly unknown[],
      evaluate: (by, text, keys, values) =>
        by === 'sha'
          ? client.evalsha(text, keys.length, ...keys, ...values)
          : client.eval(text, keys.length, ...keys, ...values),
    }
  }
  throw new ConfigError('CONFIG_UNSUPPORTED_CLIENT', 'redisStore needs a client of ioredis or of node-redis.')
}

async function sha1(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', utf8(text)))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
