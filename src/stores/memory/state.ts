import type { CallOptions } from '../../internal/signal.ts'
import { checkStateKey, newStateRevision } from '../common/state.ts'
import type { StateEntry, StateStore } from '../state-store.ts'

/** @param checkCall throws if the call was aborted or the store is closed */
export function memoryState(now: () => number, checkCall: (call: CallOptions | undefined) => void): StateStore {
  const entries = new Map<string, StateEntry & { readonly expiresAt: number }>()
  let purgeAt = 0

  function current(key: string) {
    const entry = entries.get(key)
    return entry === undefined || entry.expiresAt <= now() ? undefined : entry
  }

  return {
    async load(key, call) {
      checkStateKey(key)
      checkCall(call)
      const entry = current(key)
      return entry === undefined ? undefined : { revision: entry.revision, bytes: entry.bytes.slice() }
    },
    async compareAndSet(key, expected, bytes, expiresAt, call) {
      const revision = newStateRevision(key, bytes, expiresAt)
      checkCall(call)
      if (current(key)?.revision !== expected) return undefined
      if (entries.size >= purgeAt) {
        for (const [old, entry] of entries) if (entry.expiresAt <= now()) entries.delete(old)
        purgeAt = entries.size * 2 + 100
      }
      entries.set(key, { revision, bytes: bytes.slice(), expiresAt })
      return revision
    },
  }
}
