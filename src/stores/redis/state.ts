import { base64url, fromBase64url } from '../../internal/bytes.ts'
import { checkStateKey, newStateRevision } from '../common/state.ts'
import type { StateStore } from '../state-store.ts'
import type { RedisContext } from './context.ts'
import { doneReply, listReply } from './reply.ts'
import { loadState, writeState } from './scripts.ts'

/** Keeps shared state in one string per key, which expires. */
export function redisState({ keys, now, run }: RedisContext): StateStore {
  return {
    async load(key, call) {
      checkStateKey(key)
      const [revision, text] = listReply(await run(loadState, [keys.state(key)], [now()], call))
      if (typeof revision !== 'string' || typeof text !== 'string') return undefined
      const bytes = fromBase64url(text)
      return bytes === undefined ? undefined : { revision, bytes }
    },
    async compareAndSet(key, expected, bytes, expiresAt, call) {
      const revision = newStateRevision(key, bytes, expiresAt)
      const values = [now(), expectedText(expected), `${expiresAt}`, revision, base64url(bytes)]
      return doneReply(await run(writeState, [keys.state(key)], values, call)) ? revision : undefined
    },
  }
}

/** For scripts: empty if nothing is expected. No revision has a NUL. */
export function expectedText(expected: string | undefined): string {
  return expected === undefined ? '' : expected || '\0'
}
