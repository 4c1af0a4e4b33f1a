import { ConfigError, type ErrorCode, isStagedoorError } from '../../errors.ts'
import { base64url, randomBytes } from '../../internal/bytes.ts'
import { createEmitter, type Emitter } from '../../internal/emitter.ts'
import { inParallel } from '../../internal/in-parallel.ts'
import { retry } from '../../internal/retry.ts'
import { sleep } from '../../internal/signal.ts'
import type { ConnectionId, StoredConnection } from '../../stores/store.ts'
import type { ConnectionEvents } from '../events/events.ts'
import { defaultLease } from '../options.ts'
import { type LeaseSettings, leaseIsLive, leaseLeft } from '../records/lease.ts'
import { type ConnectionRecord, revise, toRecord } from '../records/record.ts'
import { withoutLeaseEnd } from '../records/records.ts'
import { createTokenSeal } from '../records/token-seal.ts'
import type { ResealOptions, ResealRun } from './options.ts'
import { resealToken } from './reseal-token.ts'

export type { ResealOptions, ResealRun } from './options.ts'

/** Progress of a run. */
export interface ResealProgress {
  /** Connections visited. */
  readonly done: number
  /** Connections written. */
  readonly changed: number
  /** Connections whose tokens could not be opened or written. */
  readonly failed: number
  readonly total: number | undefined
  /** Connections per second since the run began. */
  readonly rate: number
  /** The last owner of the page, from which a run can continue. */
  readonly after: string | undefined
}

/** Events of a run. */
export interface ResealEvents extends Pick<ConnectionEvents, 'key.rotated'> {
  /** After each page. */
  progress: ResealProgress
  /** A connection was left unchanged; the run continues. */
  failed: { readonly ownerId: string; readonly code: ErrorCode }
}

/** Moves stored tokens to the current key. */
export interface Reseal {
  /**
   * Walks the store and moves every stale token to the current key: rewraps its data key, or seals the token again if
   * the data key is over age. Can be stopped and started again at any time, and run in several processes.
   * @returns the last progress, after every connection was visited
   * @throws VaultError, StoreError when the key service or the store fails: run again later. Aborts with the caller's
   *   reason.
   */
  run(options?: ResealRun): Promise<ResealProgress>
  /** Adds a listener and returns the function that removes it. */
  on<E extends keyof ResealEvents>(event: E, listener: (payload: ResealEvents[E]) => void): () => void
}

const maxAttempts = 20
const maxDeferred = 10_000
/** Milliseconds: most leases are released long before they end. */
const recheckDelay = 250

/** Failures of one record only; every other failure ends the run. */
const recordErrors: ReadonlySet<string> = new Set<ErrorCode>([
  'STORE_CORRUPT',
  'VAULT_DECRYPT_FAILED',
  'VAULT_KEY_DISABLED',
  'VAULT_KEY_UNKNOWN',
  'VAULT_MALFORMED',
])

/**
 * Creates a {@link Reseal}. Writes by compare-and-set and never over a live lease, so that a running refresh keeps its
 * record: such connections are visited again when the lease has ended.
 * @throws ConfigError `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * await createReseal({ provider: spotifyProvider, clientId, store, vault }).run()
 * ```
 */
export function createReseal(options: ResealOptions): Reseal {
  const { vault, lease = defaultLease, pageSize = 200, concurrency = 8, now = Date.now } = options
  const clock = options.now ?? (() => performance.now())
  for (const number of [lease, pageSize, concurrency]) {
    if (Number.isSafeInteger(number) && number >= 1) continue
    throw new ConfigError('CONFIG_INVALID', 'lease, pageSize and concurrency are whole numbers of at least 1.')
  }
  const emitter = createEmitter<ResealEvents>()
  const walk = createWalk(options, { pageSize, concurrency, now, lease, timeout: 0, clock }, emitter)

  return {
    async run(run = {}) {
      const last = await walk(run)
      const { done, failed } = last
      const id = base64url(randomBytes(12))
      emitter.emit('key.rotated', { id, at: new Date(now()), keyId: vault.keyId, done, failed })
      return last
    },
    on: (event, listener) => emitter.on(event, listener),
  }
}

/** Walks the store once, from `run.after` to its end. */
type Walk = (run: ResealRun) => Promise<ResealProgress>

function createWalk(
  options: ResealOptions,
  settings: LeaseSettings & {
    readonly pageSize: number
    readonly concurrency: number
    readonly now: () => number
  },
  emitter: Emitter<ResealEvents>,
): Walk {
  const { vault, store } = options
  const { pageSize, concurrency, now, clock } = settings
  const provider = options.provider.id
  const seal = createTokenSeal(options)

  async function read(id: ConnectionId, run: ResealRun): Promise<ConnectionRecord | undefined> {
    const stored = await store.get(id, run)
    return stored && toRecord(stored, clock())
  }

  /** Moves one record's tokens. `deferred`: a process may be refreshing it. */
  async function move(first: ConnectionRecord, run: ResealRun): Promise<'changed' | 'current' | 'deferred'> {
    let record: ConnectionRecord | undefined = first
    for (let attempt = 0; attempt < maxAttempts && record !== undefined; attempt++) {
      if (leaseIsLive(record, settings)) return 'deferred'
      const fresh = await refreshed(record, run)
      if (fresh === undefined) return 'current'
      const next = withoutLeaseEnd(revise(record, fresh, now()))
      if (await store.compareAndSet(record, record.revision, next, run)) return 'changed'
      record = await read(record, run)
    }
    return record === undefined ? 'current' : 'deferred'
  }

  async function refreshed(record: ConnectionRecord, run: ResealRun): Promise<Partial<StoredConnection> | undefined> {
    const { accessToken, refreshToken, ownerId } = record
    const access = await resealToken(accessToken, { vault, seal, ownerId, field: 'access', run })
    const refresh = refreshToken && (await resealToken(refreshToken, { vault, seal, ownerId, field: 'refresh', run }))
    if (access === accessToken && refresh === refreshToken) return undefined
    return { accessToken: access, ...(refresh === undefined ? {} : { refreshToken: refresh }) }
  }

  return async function walk(run) {
    const started = performance.now()
    const deferred = new Map<string, ConnectionId>()
    const count = { done: 0, changed: 0, failed: 0 }
    const keyIdNot = run.onlyKey === true && run.newestVersion !== true ? vault.keyId : undefined
    let { after } = run
    let last: StoredConnection | undefined

    if (run.newestVersion === true) await withRetry(run, () => seal.renew())

    const visit = async (record: ConnectionRecord): Promise<void> => {
      const { ownerId, account } = record
      const name = `${ownerId}\0${account}`
      try {
        const outcome = await withRetry(run, async (again) => {
          const latest = again ? await read(record, run) : record
          return latest === undefined ? 'current' : await move(latest, run)
        })
        if (outcome === 'deferred') return void deferred.set(name, { provider, ownerId, account })
        deferred.delete(name)
        if (outcome === 'changed') count.changed++
      } catch (error) {
        if (!isStagedoorError(error) || !recordErrors.has(error.code)) throw error
        deferred.delete(name)
        count.failed++
        emitter.emit('failed', { ownerId, code: error.code })
      }
      count.done++
    }

    const progress = (): ResealProgress => {
      const seconds = Math.max(performance.now() - started, 1) / 1000
      return { ...count, total: run.total, rate: count.done / seconds, after }
    }

    const revisit = async (): Promise<void> => {
      let wait = recheckDelay
      for (const [name, id] of deferred) {
        run.signal?.throwIfAborted()
        const record = await withRetry(run, () => read(id, run))
        if (record === undefined) {
          deferred.delete(name)
          count.done++
        } else if (leaseIsLive(record, settings)) {
          wait = Math.min(wait, Math.max(leaseLeft(record, settings), 1))
        } else await visit(record)
      }
      if (deferred.size > 0) await sleep(wait, run.signal)
    }

    for (;;) {
      run.signal?.throwIfAborted()
      const page = await withRetry(run, () =>
        store.list({ provider, limit: pageSize, after: last ?? after, keyIdNot }, run),
      )
      const readAt = clock()
      await inParallel(page, concurrency, (stored) => visit(toRecord(stored, readAt)))
      last = page.at(-1) ?? last
      after = last?.ownerId ?? after
      if (page.length > 0) emitter.emit('progress', progress())
      if (page.length < pageSize) break
      // With a synchronous store, give timers, signals and requests a turn.
      await sleep(0, run.signal)
      if (deferred.size >= maxDeferred) await revisit()
    }
    while (deferred.size > 0) {
      await revisit()
      emitter.emit('progress', progress())
    }
    return progress()
  }
}

/** Retries transient failures. `again`: data read before may be outdated. */
async function withRetry<T>({ signal }: ResealRun, work: (again: boolean) => Promise<T>): Promise<T> {
  try {
    return await work(false)
  } catch (error) {
    if (!isTransient(error)) throw error
    const options = { retries: 5, minTimeout: 200, maxTimeout: 5_000, randomize: true }
    return await retry(() => work(true), {
      ...options,
      ...(signal === undefined ? {} : { signal }),
      shouldRetry: (failure) => isTransient(failure.error),
    })
  }
}

function isTransient(error: unknown): boolean {
  return isStagedoorError(error) && error.retryable
}
