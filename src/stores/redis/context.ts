import type { CallOptions } from '../../internal/signal.ts'
import { abortable } from '../../internal/signal.ts'
import { closedError, storeError } from '../common/driver-error.ts'
import { scriptRunner } from './client.ts'
import { type RedisKeys, redisKeys } from './keys.ts'
import type { RedisStoreOptions } from './options.ts'
import type { Reply } from './reply.ts'
import { type RunOnSet, setRunner } from './sets.ts'

/** What all parts of the store work with. */
export interface RedisContext {
  readonly keys: RedisKeys
  /** The time for scripts that begin with the clock: empty for the server's. */
  now(): string
  /** Runs a script. Rejects with a `StoreError`, or with the reason of the call's signal. */
  run(script: string, keys: readonly string[], values: readonly string[], call: CallOptions | undefined): Promise<Reply>
  /** Runs a script on a set. Restores the sets of its bucket first if the server has lost some of them. */
  readonly runOnSet: RunOnSet
  /** Refuses all further calls. */
  close(): void
}

export function redisContext({ client, prefix = 'stagedoor', now }: RedisStoreOptions): RedisContext {
  const runScript = scriptRunner(client)
  let closed = false
  const keys = redisKeys(prefix)
  const run: RedisContext['run'] = async (script, names, values, call) => {
    call?.signal?.throwIfAborted()
    if (closed) throw closedError()
    try {
      return await abortable(runScript(script, names, values), call?.signal)
    } catch (error) {
      call?.signal?.throwIfAborted()
      throw storeError(error)
    }
  }
  return {
    keys,
    now: () => (now === undefined ? '' : `${now()}`),
    run,
    runOnSet: setRunner(keys, run),
    close() {
      closed = true
    },
  }
}
