import { isStagedoorError, StoreError } from '../../errors.ts'
import { ExpiringMap } from '../../internal/expiring-map.ts'
import { retry } from '../../internal/retry.ts'
import { abortable, type CallOptions } from '../../internal/signal.ts'
import { withTimeout } from '../../internal/timeout.ts'
import type { ConnectionId, StoredConnection, TokenStore } from '../../stores/store.ts'
import { readAgain } from './read-again.ts'
import { type ConnectionRecord, toRecord } from './record.ts'

/** Milliseconds that a process may use a record without reading the store. */
const cacheAge = 5000
const cacheSize = 10_000
/** Milliseconds after which a store call counts as failed, so that one lost reply cannot block an owner forever. */
const storeTimeout = 10_000

/** A record that cannot be read: enough to replace or delete it. */
export interface CorruptRecord {
  readonly revision: string
  readonly corrupt: true
}

interface PendingRead {
  readonly promise: Promise<ConnectionRecord | undefined>
  outdated: boolean
}

/**
 * The records of one provider, with a short cache in front. Reads of one connection share one query. Its writes run one
 * after the other, and each emits its event before the next begins, so that events come in order.
 */
export class ConnectionRecords {
  readonly #store: TokenStore
  readonly #provider: string
  readonly #clock: () => number
  readonly #cache: ExpiringMap<string, ConnectionRecord>
  readonly #reads = new Map<string, PendingRead>()
  readonly #writes = new Map<string, Promise<unknown>>()

  constructor(
    store: TokenStore,
    provider: string,
    { now, clock }: { readonly now: () => number; readonly clock: () => number },
  ) {
    this.#store = store
    this.#provider = provider
    this.#clock = clock
    this.#cache = new ExpiringMap({ maxSize: cacheSize, maxAge: cacheAge, now })
  }

  /** The cached record, at most five seconds old. */
  cached(ownerId: string): ConnectionRecord | undefined {
    return this.#cache.get(ownerId)
  }

  /** At most five seconds old. */
  async get(ownerId: string, options?: CallOptions): Promise<ConnectionRecord | undefined> {
    return this.cached(ownerId) ?? (await this.read(ownerId, options))
  }

  /** From the store. */
  async read(ownerId: string, options?: CallOptions): Promise<ConnectionRecord | undefined> {
    const running = this.#reads.get(ownerId) ?? this.#startRead(ownerId)
    return await abortable(running.promise, options?.signal)
  }

  /** From the store, for callers that replace or delete the record in any state. */
  async readAny(ownerId: string, options?: CallOptions): Promise<ConnectionRecord | CorruptRecord | undefined> {
    return await this.read(ownerId, options).catch(corruptRecord)
  }

  /**
   * Replaces `current` with `next`, if the store still holds `current`. `undefined` means no record.
   * @param onWritten called synchronously after the write succeeded
   */
  async write(
    ownerId: string,
    current: Pick<ConnectionRecord, 'revision'> | undefined,
    next: ConnectionRecord | undefined,
    onWritten?: () => void,
  ): Promise<boolean> {
    return await this.#inTurn(ownerId, async () => {
      try {
        const stored = next && withoutLeaseEnd(next)
        const writing = this.#store.compareAndSet(this.id(ownerId), current?.revision, stored)
        const won = await withTimeout(writing, storeTimeout, timeoutError)
        this.forget(ownerId)
        if (!won) return false
        if (next?.status === 'connected') this.#cache.set(ownerId, next)
        onWritten?.()
        return true
      } catch (error) {
        this.forget(ownerId)
        throw error
      }
    })
  }

  /** As `write`, with retries. After a write with unknown outcome the store is read first. */
  async writeWithRetry(
    ownerId: string,
    current: Pick<ConnectionRecord, 'revision'> | undefined,
    next: ConnectionRecord | undefined,
    onWritten?: () => void,
  ): Promise<boolean> {
    let inDoubt = false
    const stored = (): Promise<ConnectionRecord | CorruptRecord | undefined> => this.#get(ownerId).catch(corruptRecord)
    const write = async (): Promise<boolean> => {
      const again = inDoubt
      if (!again || (await stored())?.revision === current?.revision) {
        inDoubt = true
        if (await this.write(ownerId, current, next, onWritten)) return true
      }
      // The write that appeared to fail may have reached the store after the read.
      if (!again || (await stored())?.revision !== next?.revision) return false
      onWritten?.()
      return true
    }
    return await retry(write, {
      retries: 3,
      minTimeout: 50,
      randomize: true,
      shouldRetry: ({ error }) => isStagedoorError(error) && error.retryable,
    })
  }

  /** Drops the cached record and detaches running reads from the cache. */
  forget(ownerId: string): void {
    this.#cache.delete(ownerId)
    const running = this.#reads.get(ownerId)
    if (running === undefined) return
    running.outdated = true
    this.#reads.delete(ownerId)
  }

  id(ownerId: string): ConnectionId {
    return { provider: this.#provider, ownerId, account: '' }
  }

  async #get(ownerId: string): Promise<ConnectionRecord | undefined> {
    const read = (): Promise<StoredConnection | undefined> => this.#store.get(this.id(ownerId))
    const stored = await readAgain(() => withTimeout(read(), storeTimeout, timeoutError))
    return stored && toRecord(stored, this.#clock())
  }

  #startRead(ownerId: string): PendingRead {
    const fetch = async (): Promise<ConnectionRecord | undefined> => {
      try {
        const record = await this.#get(ownerId)
        if (!read.outdated) {
          if (record?.status === 'connected') this.#cache.set(ownerId, record)
          else this.#cache.delete(ownerId)
        }
        return record
      } finally {
        if (!read.outdated) this.#reads.delete(ownerId)
      }
    }
    const read: PendingRead = { promise: Promise.resolve().then(fetch), outdated: false }
    this.#reads.set(ownerId, read)
    return read
  }

  async #inTurn<T>(ownerId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#writes.get(ownerId) ?? Promise.resolve()).then(work, work)
    this.#writes.set(ownerId, turn)
    try {
      return await turn
    } finally {
      if (this.#writes.get(ownerId) === turn) this.#writes.delete(ownerId)
    }
  }
}

/** What a store keeps: the end of a lease is a matter of its own. */
export function withoutLeaseEnd({ leaseEnd: _, ...record }: ConnectionRecord): StoredConnection {
  return record
}

function corruptRecord(error: unknown): CorruptRecord {
  if (!isStagedoorError(error) || error.name !== 'StoreError' || error.revision === undefined) throw error
  return { revision: error.revision, corrupt: true }
}

function timeoutError(): StoreError {
  return new StoreError('STORE_UNAVAILABLE', 'The store did not respond in time.')
}
