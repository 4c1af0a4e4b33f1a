import { type ErrorCode, isStagedoorError } from '../../errors.ts'
import type { Emitter } from '../../internal/emitter.ts'
import type { EncryptedToken } from '../../internal/encrypted-token.ts'
import { inParallel } from '../../internal/in-parallel.ts'
import { retry } from '../../internal/retry.ts'
import { sleep } from '../../internal/signal.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { Vault } from '../../vault/vault.ts'
import { leaseIsLive, revise } from '../records/record.ts'
import { createTokenSeal, type TokenSeal } from '../records/token-seal.ts'
import type { ResealEvents, ResealOptions, ResealProgress, ResealRun } from './reseal.ts'

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

/** Walks the store once, from `run.after` to its end. */
export type Walk = (run: ResealRun) => Promise<ResealProgress>

export function createWalk(
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
    const access = await upToDate(accessToken, { vault, seal, ownerId, field: 'access', run })
    const refresh = refreshToken && (await upToDate(refreshToken, { vault, seal, ownerId, field: 'refresh', run }))
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

interface TokenPlace {
  readonly vault: Vault
  readonly seal: TokenSeal
  readonly ownerId: string
  readonly field: 'access' | 'refresh'
  readonly run: ResealRun
}

/** The token itself when there is nothing to do. */
async function upToDate(token: EncryptedToken, place: TokenPlace): Promise<EncryptedToken> {
  const { vault, seal, ownerId, field, run } = place
  if (run.newestVersion !== true && !vault.isStale(token)) return token
  const rewrap = run.newestVersion === true || token.keyId !== vault.keyId
  const moved = rewrap ? await vault.rewrap(token, run) : token
  if (run.onlyKey === true || !vault.isStale(moved)) return moved
  return seal.seal(ownerId, field, await seal.open(ownerId, field, moved, run))
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
