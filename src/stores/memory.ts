import { StoreError } from '../errors.ts'
import type { CallOptions } from '../internal/signal.ts'
import { compareCodePoints } from './code-points.ts'
import { checkId, checkMarker, checkQuery, claimExpiry, writableRecord } from './record.ts'
import { SortedList } from './sorted-list.ts'
import type { StoredConnection, TokenStore } from './store.ts'

const byOwner = (a: StoredConnection, b: StoredConnection): number => compareCodePoints(a.ownerId, b.ownerId)
const byDueTime = (a: StoredConnection, b: StoredConnection): number =>
  a.nextCheckAt - b.nextCheckAt || compareCodePoints(a.ownerId, b.ownerId)

const otherKey = (record: StoredConnection, keyId: string): boolean =>
  record.accessToken.keyId !== keyId || (record.refreshToken !== undefined && record.refreshToken.keyId !== keyId)

/**
 * Keeps connections in memory: for tests, scripts and single processes that may lose them.
 *
 * @param options.now epoch milliseconds, for the end of `claim` markers. @default Date.now
 *
 * @example
 * ```ts
 * import { createStagedoor, memoryStore, optionsFromEnv } from 'stagedoor'
 *
 * const stagedoor = createStagedoor({ ...optionsFromEnv(process.env), store: memoryStore(), vault })
 * ```
 */
export function memoryStore(options: { readonly now?: (() => number) | undefined } = {}): Required<TokenStore> {
  const now = options.now ?? Date.now
  const providers = new Map<
    string,
    { records: Map<string, StoredConnection>; list: SortedList<StoredConnection>; due: SortedList<StoredConnection> }
  >()
  const claims = new Map<string, number>()
  let purgeAt = 0
  let closed = false

  function indexesOf(provider: string) {
    const known = providers.get(provider)
    if (known !== undefined) return known
    const created = { records: new Map(), list: new SortedList(byOwner), due: new SortedList(byDueTime) }
    providers.set(provider, created)
    return created
  }
  function checkCall(call: CallOptions | undefined): void {
    call?.signal?.throwIfAborted()
    if (closed) throw new StoreError('STORE_UNAVAILABLE', 'The store is closed.', { retryable: false })
  }

  return {
    async get(id, call) {
      checkId(id)
      checkCall(call)
      return indexesOf(id.provider).records.get(id.ownerId)
    },
    async compareAndSet(id, expected, next, call) {
      checkId(id)
      const record = next === undefined ? undefined : writableRecord(id, expected, next)
      checkCall(call)
      const { records, list, due } = indexesOf(id.provider)
      const current = records.get(id.ownerId)
      if (current?.revision !== expected) return false
      if (current !== undefined) {
        list.remove(current)
        due.remove(current)
        records.delete(id.ownerId)
      }
      if (record !== undefined) {
        list.add(record)
        due.add(record)
        records.set(id.ownerId, record)
      }
      return true
    },
    async list(query, call) {
      checkQuery(query)
      checkCall(call)
      const { after, status, keyIdNot, limit } = query
      const records: StoredConnection[] = []
      const start = (other: StoredConnection): boolean =>
        after === undefined || compareCodePoints(other.ownerId, after) > 0
      for (const record of indexesOf(query.provider).list.from(start)) {
        if (status !== undefined && record.status !== status) continue
        if (keyIdNot !== undefined && !otherKey(record, keyIdNot)) continue
        if (records.push(record) === limit) break
      }
      return records
    },
    async due(query, call) {
      checkQuery(query)
      checkCall(call)
      const records: StoredConnection[] = []
      for (const record of indexesOf(query.provider).due.from(() => true)) {
        if (record.nextCheckAt > query.at || records.push(record) === query.limit) break
      }
      return records
    },
    async claim(marker, expiresAt, call) {
      checkMarker(marker, expiresAt)
      checkCall(call)
      const at = now()
      if (claims.size >= purgeAt) {
        for (const [old, until] of claims) if (until <= at) claims.delete(old)
        purgeAt = claims.size * 2 + 100
      }
      if ((claims.get(marker) ?? Number.NEGATIVE_INFINITY) > at) return false
      claims.set(marker, claimExpiry(expiresAt, at))
      return true
    },
    async close() {
      closed = true
      providers.clear()
      claims.clear()
    },
  }
}
