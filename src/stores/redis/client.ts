import { ConfigError } from '../../errors.ts'
import { utf8 } from '../../internal/bytes.ts'
import { normalReply, type Reply } from './reply.ts'

/** The part of ioredis that the store uses: a `Redis` or a `Cluster`. */
export interface IoredisLike {
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  evalsha(sha1: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
}

/** The part of node-redis that the store uses: a connected client, pool or cluster. */
export interface NodeRedisLike {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** Runs a script, all of whose keys are in one slot, through either client. */
type RunScript = (script: string, keys: readonly string[], values: readonly string[]) => Promise<Reply>

/** @throws ConfigError `CONFIG_MISSING`, or `CONFIG_UNSUPPORTED_CLIENT` for anything but ioredis and node-redis 4 or later */
export function scriptRunner(client: IoredisLike | NodeRedisLike): RunScript {
  const digests = new Map<string, Promise<string>>()
  const digest = (script: string): Promise<string> => {
    const known = digests.get(script) ?? sha1(script)
    digests.set(script, known)
    return known
  }
  const evaluate = evaluatorOf(client)
  return async (script, keys, values) => {
    try {
      return normalReply(await evaluate('sha', await digest(script), keys, values))
    } catch (error) {
      // A server that was restarted or has just become primary does not have the script yet.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return normalReply(await evaluate('script', script, keys, values))
    }
  }
}

type Evaluate = (
  by: 'sha' | 'script',
  text: string,
  keys: readonly string[],
  values: readonly string[],
) => Promise<unknown>

function evaluatorOf(client: IoredisLike | NodeRedisLike): Evaluate {
  if (typeof client !== 'object' || client === null)
    throw new ConfigError('CONFIG_MISSING', 'redisStore needs client: the Redis client of the application.')
  if ('evalSha' in client) {
    return (by, text, keys, values) => {
      const options = { keys: [...keys], arguments: [...values] }
      return by === 'sha' ? client.evalSha(text, options) : client.eval(text, options)
    }
  }
  if ('evalsha' in client) {
    return (by, text, keys, values) =>
      by === 'sha'
        ? client.evalsha(text, keys.length, ...keys, ...values)
        : client.eval(text, keys.length, ...keys, ...values)
  }
  throw new ConfigError('CONFIG_UNSUPPORTED_CLIENT', 'redisStore needs a client of ioredis or of node-redis.')
}

async function sha1(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', utf8(text)))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
