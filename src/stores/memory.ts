import { StoreError } from '../errors.ts'
import type { CallOptions } from '../internal/signal.ts'
import { compareCodePoints } from './code-points.ts'
import { checkId, checkMarker, checkQuery, keptUntil, writableRecord } from './record.ts'
import type { StoredConnection, TokenStore } from './store.ts'

/** Records in the order of `compare`: a change moves what follows, a search halves. */
class SortedRecords {
  readonly #records: StoredConnection[] = []
  readonly #compare: (a: StoredConnection, b: StoredConnection) => number

  constructor(compare: (a: StoredConnection, b: StoredConnection) => number) {
    this.#compare = compare
  }

  add(record: StoredConnection): void {
    this.#records.splice(
      this.firstIndex((other) => this.#compare(other, record) >= 0),
      0,
      record,
    )
  }

  remove(record: StoredConnection): void {
    const at = this.firstIndex((other) => this.#compare(other, record) >= 0)
    if (this.#records[at] === record) this.#records.splice(at, 1)
  }

  firstIndex(reached: (record: StoredConnection) => boolean): number {
    let low = 0
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (reached(this.#records[middle] as StoredConnection)) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Up to `limit` records from `start` on that `wanted` accepts, until one that `ends`. */
  take(
    start: number,
    limit: number,
    wanted: (record: StoredConnection) => boolean,
    ends: (record: StoredConnection) => boolean = () => false,
  ): StoredConnection[] {
    const taken: StoredConnection[] = []
    for (let index = start; index < this.#records.length && taken.length < limit; index++) {
      const record = this.#records[index] as StoredConnection
      if (ends(record)) break
      if (wanted(record)) taken.push(record)
    }
    return taken
  }
}

const byOwner = (a: StoredConnection, b: StoredConnection): number => compareCodePoints(a.ownerId, b.ownerId)
const byDueTime = (a: StoredConnection, b: StoredConnection): number =>
  a.nextCheckAt - b.nextCheckAt || compareCodePoints(a.ownerId, b.ownerId)

const otherKey = (record: StoredConnection, keyId: string): boolean =>
  record.accessToken.keyId !== keyId || (record.refreshToken !== undefined && record.refreshToken.keyId !== keyId)

/**
 * Keeps connections in this process only: for tests, scripts and single processes that may forget.
 *
 * @param options.now epoch milliseconds, for the end of `claim` markers. @default Date.now
 */
export function memoryStore(options: { readonly now?: (() => number) | undefined } = {}): Required<TokenStore> {
  const now = options.now ?? Date.now
  const providers = new Map<
    string,
    { records: Map<string, StoredConnection>; list: SortedRecords; due: SortedRecords }
  >()
  const claims = new Map<string, number>()
  let purgeAt = 0
  let closed = false

  function of(provider: string) {
    const found = providers.get(provider)
    if (found !== undefined) return found
    const created = { records: new Map(), list: new SortedRecords(byOwner), due: new SortedRecords(byDueTime) }
    providers.set(provider, created)
    return created
  }
  function enter(call: CallOptions | undefined): void {
    call?.signal?.throwIfAborted()
    if (closed) throw new StoreError('STORE_UNAVAILABLE', 'The store is closed.', { retryable: false })
  }

  return {
    async get(id, call) {
      checkId(id)
      enter(call)
      return of(id.provider).records.get(id.ownerId)
    },
    async compareAndSet(id, expected, next, call) {
      checkId(id)
      const record = next === undefined ? undefined : writableRecord(id, expected, next)
      enter(call)
      const { records, list, due } = of(id.provider)
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
      enter(call)
      const { after, status, keyIdNot, limit } = query
      const { list } = of(query.provider)
      const start = after === undefined ? 0 : list.firstIndex((other) => compareCodePoints(other.ownerId, after) > 0)
      return list.take(
        start,
        limit,
        (record) =>
          (status === undefined || record.status === status) && (keyIdNot === undefined || otherKey(record, keyIdNot)),
      )
    },
    async due(query, call) {
      checkQuery(query)
      enter(call)
      return of(query.provider).due.take(
        0,
        query.limit,
        () => true,
        (record) => record.nextCheckAt > query.at,
      )
    },
    async claim(marker, expiresAt, call) {
      checkMarker(marker, expiresAt)
      enter(call)
      const at = now()
      if (claims.size >= purgeAt) {
        for (const [old, until] of claims) if (until <= at) claims.delete(old)
        purgeAt = claims.size * 2 + 100
      }
      if ((claims.get(marker) ?? Number.NEGATIVE_INFINITY) > at) return false
      claims.set(marker, keptUntil(expiresAt, at))
      return true
    },
    async close() {
      closed = true
      providers.clear()
      claims.clear()
    },
  }
}
