import type { CallOptions } from '../../internal/signal.ts'
import { abortable } from '../../internal/signal.ts'
import { closedError, storeError } from '../common/driver-error.ts'
import { scriptRunner } from './client.ts'
import { type RedisKeys, redisKeys } from './keys.ts'
import type { RedisStoreOptions } from './options.ts'
import type { Reply } from './reply.ts'

/** What all parts of the store work with. */
export interface RedisContext {
  readonly keys: RedisKeys
  /** The time for scripts that begin with the clock: empty for the server's. */
  now(): string
  /** Runs a script. Rejects with a `StoreError`, or with the reason of the call's signal. */
  run(script: string, keys: readonly string[], values: readonly string[], call: CallOptions | undefined): Promise<Reply>
  /** Refuses all further calls. */
  close(): void
}

export function redisContext({ client, prefix = 'stagedoor', now }: RedisStoreOptions): RedisContext {
  const runScript = scriptRunner(client)
  let closed = false
  return {
    keys: redisKeys(prefix),
    now: () => (now === undefined ? '' : `${now()}`),
    async run(script, keys, values, call) {
      call?.signal?.throwIfAborted()
      if (closed) throw closedError()
      try {
        return await abortable(runScript(script, keys, values), call?.signal)
      } catch (error) {
        call?.signal?.throwIfAborted()
        throw storeError(error)
      }
    },
    close() {
      closed = true
    },
  }
}
