import { ConfigError, type ErrorCode, isStagedoorError } from '../../errors.ts'
import { base64url, utf8 } from '../../internal/bytes.ts'
import { jitter } from '../../internal/jitter.ts'
import type { CallOptions } from '../../internal/signal.ts'
import { settleWithin } from '../../internal/timeout.ts'
import { unref } from '../../internal/unref.ts'
import type { RefreshContext } from '../context.ts'
import { leaseIsLive } from '../records/lease.ts'
import { readAgain } from '../records/read-again.ts'
import { type ConnectionRecord, newRevision, reauthorizeBy, revise, toRecord } from '../records/record.ts'
import { postponeCheck } from '../refresh/record-failure.ts'
import type { Refresher } from '../refresh/refresh.ts'
import type { Accounts } from '../sign-in/account.ts'

/** Options of a monitor. All times in milliseconds. */
export interface MonitorOptions {
  /** Interval between two sweeps, ±10 %. @default 60_000 */
  readonly every?: number | undefined
  /** How often an idle connection is checked, which is how a revocation is found. @default 24 hours */
  readonly checkEvery?: number | undefined
  /** How long before the end of a grant `connection.reauth_due_soon` is emitted. @default 14 days */
  readonly warnBefore?: number | undefined
  /** Connections checked at a time. @default 4 */
  readonly concurrency?: number | undefined
  /** Connections read at a time. @default 100 */
  readonly pageSize?: number | undefined
  /** How long `stop` waits for running checks. @default the length of a lease */
  readonly stopTimeout?: number | undefined
}

/** Counts of one sweep. `skipped`: another process was faster. */
export interface Sweep {
  readonly refreshed: number
  readonly failed: number
  readonly ended: number
  readonly rescheduled: number
  readonly skipped: number
  readonly warned: number
}

/** Refreshes and checks the connections of one store, together with the monitors of other processes. */
export interface Monitor {
  /** Sweeps at intervals until `stop`. Does not keep the process alive; continues after failures of the store. */
  start(): void
  /** Begins no further checks and waits for running ones, at most `stopTimeout`. */
  stop(): Promise<void>
  /**
   * One sweep over all connections that are due.
   * @throws StoreError if the due connections cannot be read
   */
  runOnce(options?: CallOptions): Promise<Sweep>
}

/** A running sweep. */
interface SweepRun {
  stopped: boolean
  done: Promise<void>
}

const claimLifetime = 400 * 86_400_000
const signInTime = 60_000
/** Milliseconds. Beyond 2^31 - 1 a timer would fire at once. */
const maxInterval = 20 * 86_400_000

/** @throws ConfigError `CONFIG_INVALID` */
export function createMonitor(
  context: RefreshContext,
  { refresher, accounts }: { readonly refresher: Refresher; readonly accounts: Accounts },
  options: MonitorOptions = {},
): Monitor {
  const { schedule } = context
  const { lease } = context.settings
  const { every = 60_000, concurrency = 4, pageSize = 100, stopTimeout = lease } = options
  const { checkEvery = schedule.checkEvery, warnBefore = schedule.warnBefore } = options
  for (const [name, value] of Object.entries({ every, checkEvery, warnBefore, concurrency, pageSize, stopTimeout })) {
    const least = name === 'warnBefore' || name === 'stopTimeout' ? 0 : 1
    const most = name === 'every' || name === 'stopTimeout' ? maxInterval : Number.MAX_SAFE_INTEGER
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new ConfigError('CONFIG_INVALID', `monitor: ${name} is a whole number of ${least} to ${most}.`)
    }
  }
  schedule.checkEvery = checkEvery
  schedule.warnBefore = warnBefore
  const runs = new Set<SweepRun>()
  const sweep = createSweep(context, { refresher, accounts }, { warnBefore, concurrency, pageSize })
  let timer: ReturnType<typeof setTimeout> | undefined

  function begin(signal: AbortSignal | undefined): Promise<Sweep> {
    const run: SweepRun = { stopped: false, done: Promise.resolve() }
    const sweeping = sweep(run, signal).finally(() => runs.delete(run))
    run.done = sweeping.then(
      () => undefined,
      () => undefined,
    )
    runs.add(run)
    return sweeping
  }

  function plan(ms: number): void {
    const scheduled = setTimeout(async () => {
      await begin(undefined).catch(() => undefined)
      if (timer === scheduled) plan(0.9 * every + jitter(0.2 * every))
    }, ms)
    unref(scheduled)
    timer = scheduled
  }

  return {
    start() {
      if (timer === undefined) plan(jitter(every / 10))
    },
    async stop() {
      clearTimeout(timer)
      timer = undefined
      for (const run of runs) run.stopped = true
      await settleWithin(Promise.all([...runs].map((run) => run.done)), stopTimeout)
    },
    async runOnce(callOptions) {
      callOptions?.signal?.throwIfAborted()
      const result = await begin(callOptions?.signal)
      callOptions?.signal?.throwIfAborted()
      return result
    },
  }
}

/** Visits due connections until none is left, the run is stopped, or `signal` aborts. */
type RunSweep = (run: SweepRun, signal: AbortSignal | undefined) => Promise<Sweep>

function createSweep(
  context: RefreshContext,
  { refresher, accounts }: { readonly refresher: Refresher; readonly accounts: Accounts },
  { warnBefore, concurrency, pageSize }: Readonly<Record<'warnBefore' | 'concurrency' | 'pageSize', number>>,
): RunSweep {
  const { settings, records, schedule, emit, seal, localFailures } = context
  const { provider, store, now, lease } = settings

  /** Once per grant, in all processes. */
  async function warn(record: ConnectionRecord): Promise<boolean> {
    const end = reauthorizeBy(record)
    if (now() < end - warnBefore) return false
    const grant = `${record.provider} ${record.authorizedAt} ${record.createdAt} ${record.ownerId}`
    const key = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(grant))))
    const marker = `reauth-due-soon:${key}`
    const until = Math.round(now() + claimLifetime)
    const nonce = newRevision()
    if (!(await readAgain(() => store.claim(marker, until, { nonce })))) return false
    emit('connection.reauth_due_soon', record, { reauthorizeBy: new Date(end) }, key)
    return true
  }

  /**
   * Fills in the account of a recent sign-in whose process could not look it up. Adopted tokens have no recent sign-in.
   */
  async function fillAccount({ ownerId, accountId, authorizedAt, createdAt }: ConnectionRecord): Promise<void> {
    if (accountId !== undefined || createdAt - authorizedAt > signInTime) return
    const record = await records.get(ownerId)
    if (record !== undefined) await accounts.fill(record, await seal.open(ownerId, 'access', record.accessToken))
  }

  /** The next due connections: reserved for this monitor, if the store can do that. */
  async function nextPage(signal: AbortSignal | undefined) {
    const reserves = store.reserve !== undefined
    const limit = reserves ? Math.min(pageSize, 2 * concurrency) : pageSize
    const query = { provider: provider.id, at: Math.round(now()), limit }
    const found = await (store.reserve?.({ ...query, length: lease }, { signal }) ?? store.due(query, { signal }))
    const readAt = settings.clock()
    const records = found.flatMap((record) => (record.status === 'removed' ? [] : [toRecord(record, readAt)]))
    return { records, isLast: found.length < limit }
  }

  async function visit(record: ConnectionRecord): Promise<{ outcome: keyof Sweep; warned: boolean }> {
    if (leaseIsLive(record, settings)) return { outcome: 'skipped', warned: false }
    const warned = record.status === 'connected' && (await warn(record))
    if (record.status === 'needs_reauth' || !schedule.needsRefresh(record, now())) {
      const next = revise(record, { checkAt: schedule.idle(record, now()) }, now())
      return { outcome: (await records.write(record.ownerId, record, next)) ? 'rescheduled' : 'skipped', warned }
    }
    switch (await refresher.check(record)) {
      case 'refreshed':
        context.background(fillAccount(record))
        return { outcome: 'refreshed', warned }
      case 'failed':
        return { outcome: 'failed', warned }
      case 'ended':
        return { outcome: 'ended', warned }
      default:
        return { outcome: 'skipped', warned }
    }
  }

  return async function sweep(run, signal) {
    const counts = { refreshed: 0, failed: 0, ended: 0, rescheduled: 0, skipped: 0, warned: 0 }
    const seen = new Set<string>()
    const mayGoOn = (): boolean => !isStopped() && localFailures.general() === undefined
    const isStopped = (): boolean => run.stopped || context.stopping.aborted || signal?.aborted === true
    const visitSafely = async (record: ConnectionRecord): Promise<void> => {
      try {
        const { outcome, warned } = await visit(record)
        counts[outcome] += 1
        if (warned) counts.warned += 1
      } catch (error) {
        counts.failed += 1
        const code: ErrorCode = isStagedoorError(error) ? error.code : 'CONNECTION_REFRESH_FAILED'
        // A record that cannot be opened must not stay at the head of the queue.
        if (!code.startsWith('STORE_')) await postponeCheck(context, record, code)
      }
    }
    while (mayGoOn()) {
      const page = await nextPage(signal)
      // A different order in every process, so that several processes seldom visit the same record at once.
      const queue = shuffled(page.records.filter((record) => !seen.has(record.ownerId)))
      for (const record of queue) seen.add(record.ownerId)
      if (queue.length === 0) break
      const work = async (): Promise<void> => {
        for (let next = queue.pop(); next !== undefined && mayGoOn(); next = queue.pop()) await visitSafely(next)
      }
      await Promise.all(Array.from({ length: localFailures.isGeneral ? 1 : Math.min(concurrency, queue.length) }, work))
      if (page.isLast) break
    }
    return counts
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(jitter(index + 1))
    ;[result[index], result[other]] = [result[other] as T, result[index] as T]
  }
  return result
}
