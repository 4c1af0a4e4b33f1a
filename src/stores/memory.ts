import { StoreError } from '../errors.ts'
import type { CallOptions } from '../internal/signal.ts'
import { claimExpiry, claimNonce } from './common/claims.ts'
import {
  checkCountQuery,
  checkDueQuery,
  checkListQuery,
  cursorOf,
  dayLength,
  dayName,
  matches,
} from './common/query.ts'
import { checkId, writableRecord } from './common/record.ts'
import { type Entry, MemoryRecords } from './memory/records.ts'
import { memoryState } from './memory/state.ts'
import type { DueQuery, RemovedConnection, ReserveQuery, StoredConnection, StoredRecord, TokenStore } from './store.ts'

/**
 * Keeps connections in memory: for tests, scripts and single processes that may lose them.
 *
 * @param options.now epoch milliseconds, for leases and everything else that ends. @default Date.now
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
  const providers = new Map<string, MemoryRecords>()
  const claims = new Map<string, { readonly nonce: string; readonly until: number }>()
  let purgeAt = 0
  let closed = false

  function recordsOf(provider: string): MemoryRecords {
    const known = providers.get(provider)
    if (known !== undefined) return known
    const created = new MemoryRecords()
    providers.set(provider, created)
    return created
  }
  function checkCall(call: CallOptions | undefined): void {
    call?.signal?.throwIfAborted()
    if (closed) throw new StoreError('STORE_UNAVAILABLE', 'The store is closed.', { retryable: false })
  }

  /** The record as it is now: with what is left of its leases. */
  function read({ record, leaseEnd, deliveryLeaseEnd }: Entry): StoredRecord {
    if (leaseEnd === undefined && deliveryLeaseEnd === undefined) return record
    return Object.freeze({
      ...record,
      ...(leaseEnd === undefined ? {} : { leaseLeft: leaseEnd - now() }),
      ...(deliveryLeaseEnd === undefined ? {} : { deliveryLeaseLeft: deliveryLeaseEnd - now() }),
    })
  }

  function dueEntries({ provider, at, limit }: DueQuery, accepts: (entry: Entry) => boolean): Entry[] {
    const found: Entry[] = []
    for (const entry of recordsOf(provider).due()) {
      if (entry.record.nextCheckAt > at) break
      if (accepts(entry) && found.push(entry) === limit) break
    }
    return found
  }

  return {
    async get(id, call) {
      checkId(id)
      checkCall(call)
      const entry = recordsOf(id.provider).get(id)
      return entry === undefined || entry.record.status === 'removed' ? undefined : (read(entry) as StoredConnection)
    },
    async getRemoved(id, call) {
      checkId(id)
      checkCall(call)
      const entry = recordsOf(id.provider).get(id)
      return entry?.record.status === 'removed' ? (read(entry) as RemovedConnection) : undefined
    },
    async compareAndSet(id, expected, next, call) {
      checkId(id)
      const record = next === undefined ? undefined : writableRecord(id, expected, next)
      checkCall(call)
      const records = recordsOf(id.provider)
      if (records.get(id)?.record.revision !== expected) return false
      records.set({ ownerId: id.ownerId, account: id.account ?? '' }, record, now())
      return true
    },
    async list(query, call) {
      checkListQuery(query)
      checkCall(call)
      const found: StoredConnection[] = []
      for (const entry of recordsOf(query.provider).candidates(query, cursorOf(query))) {
        const record = read(entry)
        if (record.status !== 'removed' && matches(record, query) && found.push(record) === query.limit) break
      }
      return found
    },
    async count(query, call) {
      checkCountQuery(query)
      checkCall(call)
      const counts: Record<string, number> = {}
      for (const { record } of recordsOf(query.provider).candidates(query)) {
        if (record.status === 'removed' || !matches(record, query)) continue
        const { grantEndsAt } = record
        const day = grantEndsAt === undefined ? undefined : Math.floor(grantEndsAt / dayLength)
        const group = query.by === 'status' ? record.status : dayName(day)
        counts[group] = (counts[group] ?? 0) + 1
      }
      return counts
    },
    async due(query, call) {
      checkDueQuery(query)
      checkCall(call)
      return dueEntries(query, () => true).map(read)
    },
    async reserve(query: ReserveQuery, call) {
      checkDueQuery(query)
      checkCall(call)
      const at = now()
      // A reservation that ends later than one can last was made under another clock.
      const isFree = ({ reservedUntil }: Entry): boolean =>
        reservedUntil === undefined || reservedUntil <= at || reservedUntil > at + 2 * query.length
      const found = dueEntries(query, isFree)
      for (const entry of found) entry.reservedUntil = at + query.length
      return found.map(read)
    },
    async claim(marker, expiresAt, call) {
      const nonce = claimNonce(marker, expiresAt, call?.nonce)
      checkCall(call)
      const at = now()
      if (claims.size >= purgeAt) {
        for (const [old, { until }] of claims) if (until <= at) claims.delete(old)
        purgeAt = claims.size * 2 + 100
      }
      const known = claims.get(marker)
      if (known !== undefined && known.until > at) return known.nonce === nonce
      claims.set(marker, { nonce, until: claimExpiry(expiresAt, at) })
      return true
    },
    state: memoryState(now, checkCall),
    async close() {
      closed = true
      providers.clear()
      claims.clear()
    },
  }
}
