import { ConfigError, type ErrorCode, isStagedoorError } from '../../errors.ts'
import { base64url, randomBytes } from '../../internal/bytes.ts'
import { createEmitter, type Emitter } from '../../internal/emitter.ts'
import { inParallel } from '../../internal/in-parallel.ts'
import { retry } from '../../internal/retry.ts'
import { type CallOptions, sleep } from '../../internal/signal.ts'
import type { Provider } from '../../oauth/provider.ts'
import type { StoredConnection, TokenStore } from '../../stores/store.ts'
import type { Vault } from '../../vault/vault.ts'
import type { ConnectionEvents } from '../events/events.ts'
import { leaseIsLive, revise } from '../records/record.ts'
import { createTokenSeal } from '../records/token-seal.ts'
import { resealToken } from './reseal-token.ts'

/** Options of {@link createReseal}. */
export interface ResealOptions {
  readonly provider: Provider
  /** The application whose connections the store holds: part of what tokens are bound to. */
  readonly clientId: string
  readonly store: TokenStore
  /** With the new key as `kms` and the old ones as `retired`. */
  readonly vault: Vault
  /** Milliseconds: `refresh.lease` of the processes that share the store. @default 20_000 */
  readonly lease?: number | undefined
  /** Connections read at once. @default 200 */
  readonly pageSize?: number | undefined
  /** Connections written at once. @default 8 */
  readonly concurrency?: number | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

export interface ResealRun extends CallOptions {
  /** Only what is under another key: found by index, rewrapped, and not opened. @default false: over-age data keys too */
  readonly onlyKey?: boolean | undefined
  /** Moves tokens that are under the current key as well, to its newest version. @default false */
  readonly newestVersion?: boolean | undefined
  /** Goes on behind this owner: `after` of an earlier run's progress. Not needed, only quicker. */
  readonly after?: string | undefined
  /** How many connections there are, if known: passed on in the progress. */
  readonly total?: number | undefined
}

/** How far a run is. */
export interface ResealProgress {
  /** Connections looked at. */
  readonly done: number
  /** Connections written. */
  readonly changed: number
  /** Connections whose tokens did not open, or that could not be written. */
  readonly failed: number
  readonly total: number | undefined
  /** Connections per second since the run began. */
  readonly rate: number
  /** The last owner of the page: where a run may go on. */
  readonly after: string | undefined
}

/** What a run tells about. */
export interface ResealEvents extends Pick<ConnectionEvents, 'key.rotated'> {
  /** After each page. */
  progress: ResealProgress
  /** A connection was left as it is; the others go on. */
  failed: { readonly ownerId: string; readonly code: ErrorCode }
}

/** Moves stored tokens to the current key. */
export interface Reseal {
  /**
   * Walks the store and brings every stale token under the current key: by rewrapping its data key, or by sealing it anew
   * when its data key is over age. May be stopped and started again at any time, and run in several processes.
   * @returns the last progress, once every connection was looked at
   * @throws VaultError, StoreError when the key service or the store fails: run again later. Aborts with the caller's reason.
   */
  run(options?: ResealRun): Promise<ResealProgress>
  /** Adds a listener and returns the function that removes it. */
  on<E extends keyof ResealEvents>(event: E, listener: (payload: ResealEvents[E]) => void): () => void
}

const attempts = 20
const maxDeferred = 10_000
/** Milliseconds: most leases are given back long before they end. */
const recheck = 250

/** Failures of one record only; every other failure ends the run. */
const ofOneRecord: ReadonlySet<string> = new Set<ErrorCode>([
  'STORE_CORRUPT',
  'VAULT_DECRYPT_FAILED',
  'VAULT_KEY_DISABLED',
  'VAULT_KEY_UNKNOWN',
  'VAULT_MALFORMED',
])

/**
 * Makes the mover of tokens to a new key. It writes by compare-and-set and never over a live lease, so that a refresh
 * under way keeps its record: such connections are visited again when the lease has ended.
 * @throws ConfigError `CONFIG_INVALID`
 */
export function createReseal(options: ResealOptions): Reseal {
  const { vault, lease = 20_000, pageSize = 200, concurrency = 8, now = Date.now } = options
  for (const number of [lease, pageSize, concurrency]) {
    if (Number.isSafeInteger(number) && number >= 1) continue
    throw new ConfigError('CONFIG_INVALID', 'lease, pageSize and concurrency are whole numbers of at least 1.')
  }
  const emitter = createEmitter<ResealEvents>()
  const walk = createWalk(options, { lease, pageSize, concurrency, now }, emitter)

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
  settings: {
    readonly lease: number
    readonly pageSize: number
    readonly concurrency: number
    readonly now: () => number
  },
  emitter: Emitter<ResealEvents>,
): Walk {
  const { vault, store } = options
  const { lease, pageSize, concurrency, now } = settings
  const provider = options.provider.id
  const seal = createTokenSeal(options)

  /** Brings one record up to date. `deferred`: somebody may be refreshing it. */
  async function move(first: StoredConnection, run: ResealRun): Promise<'changed' | 'current' | 'deferred'> {
    const { ownerId } = first
    let record: StoredConnection | undefined = first
    for (let attempt = 0; attempt < attempts && record !== undefined; attempt++) {
      if (leaseIsLive(record, now(), lease)) return 'deferred'
      const fresh = await refreshed(record, run)
      if (fresh === undefined) return 'current'
      const next = revise(record, fresh, now())
      if (await store.compareAndSet({ provider, ownerId }, record.revision, next, run)) return 'changed'
      record = await store.get({ provider, ownerId }, run)
    }
    return record === undefined ? 'current' : 'deferred'
  }

  async function refreshed(record: StoredConnection, run: ResealRun): Promise<Partial<StoredConnection> | undefined> {
    const { accessToken, refreshToken, ownerId } = record
    const access = await resealToken(accessToken, { vault, seal, ownerId, field: 'access', run })
    const refresh = refreshToken && (await resealToken(refreshToken, { vault, seal, ownerId, field: 'refresh', run }))
    if (access === accessToken && refresh === refreshToken) return undefined
    return { accessToken: access, ...(refresh === undefined ? {} : { refreshToken: refresh }) }
  }

  return async function walk(run) {
    const started = performance.now()
    const deferred = new Set<string>()
    const count = { done: 0, changed: 0, failed: 0 }
    const keyIdNot = run.onlyKey === true && run.newestVersion !== true ? vault.keyId : undefined
    let { after } = run

    const visit = async (record: StoredConnection): Promise<void> => {
      try {
        const outcome = await patiently(run, async (again) => {
          const latest = again ? await store.get({ provider, ownerId: record.ownerId }, run) : record
          return latest === undefined ? 'current' : await move(latest, run)
        })
        if (outcome === 'deferred') return void deferred.add(record.ownerId)
        deferred.delete(record.ownerId)
        if (outcome === 'changed') count.changed++
      } catch (error) {
        if (!isStagedoorError(error) || !ofOneRecord.has(error.code)) throw error
        deferred.delete(record.ownerId)
        count.failed++
        emitter.emit('failed', { ownerId: record.ownerId, code: error.code })
      }
      count.done++
    }

    const progress = (): ResealProgress => {
      const seconds = Math.max(performance.now() - started, 1) / 1000
      return { ...count, total: run.total, rate: count.done / seconds, after }
    }

    const revisit = async (): Promise<void> => {
      let wait = recheck
      for (const ownerId of deferred) {
        run.signal?.throwIfAborted()
        const record = await patiently(run, () => store.get({ provider, ownerId }, run))
        if (record === undefined) {
          deferred.delete(ownerId)
          count.done++
        } else if (leaseIsLive(record, now(), lease)) {
          wait = Math.min(wait, Math.max((record.lease?.until ?? 0) - now(), 1))
        } else await visit(record)
      }
      if (deferred.size > 0) await sleep(wait, run.signal)
    }

    for (;;) {
      run.signal?.throwIfAborted()
      const page = await patiently(run, () => store.list({ provider, limit: pageSize, after, keyIdNot }, run))
      await inParallel(page, concurrency, visit)
      after = page.at(-1)?.ownerId ?? after
      if (page.length > 0) emitter.emit('progress', progress())
      if (page.length < pageSize) break
      // A store that answers at once would leave no turn to timers, signals and requests.
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

/** Tries again what failed for a while only. `again`: what was read before may be outdated. */
async function patiently<T>({ signal }: ResealRun, work: (again: boolean) => Promise<T>): Promise<T> {
  try {
    return await work(false)
  } catch (error) {
    if (!transient(error)) throw error
    const options = { retries: 5, minTimeout: 200, maxTimeout: 5_000, randomize: true }
    return await retry(() => work(true), {
      ...options,
      ...(signal === undefined ? {} : { signal }),
      shouldRetry: (failure) => transient(failure.error),
    })
  }
}

function transient(error: unknown): boolean {
  return isStagedoorError(error) && error.retryable
}
