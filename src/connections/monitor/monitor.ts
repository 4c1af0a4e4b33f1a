import { ConfigError } from '../../errors.ts'
import { jitter } from '../../internal/jitter.ts'
import type { CallOptions } from '../../internal/signal.ts'
import type { ConnectionsContext } from '../context.ts'
import { within } from '../patience.ts'
import type { Refresher } from '../refresh/refresh.ts'
import type { Accounts } from '../sign-in/account.ts'
import type { RunSweep } from './sweep.ts'

/** How connections are watched. Times in milliseconds. */
export interface MonitorOptions {
  /** Between two sweeps, give or take a tenth. @default 60_000 */
  readonly every?: number | undefined
  /** How often an idle connection is checked, which is how a revocation is found. @default 24 hours */
  readonly checkEvery?: number | undefined
  /** How long before the end of a grant its owner is asked to sign in again. @default 14 days */
  readonly warnBefore?: number | undefined
  /** Connections that are checked at a time. @default 4 */
  readonly concurrency?: number | undefined
  /** Connections that are fetched at a time. @default 100 */
  readonly pageSize?: number | undefined
  /** How long `stop` waits for checks under way. @default the length of a lease */
  readonly stopTimeout?: number | undefined
}

/** What one sweep did. `skipped`: another process was faster. */
export interface Sweep {
  readonly refreshed: number
  readonly failed: number
  readonly ended: number
  readonly rescheduled: number
  readonly skipped: number
  readonly warned: number
}

/** Watches the connections of one store, together with the monitors of other processes. */
export interface Monitor {
  /** Sweeps now and then until `stop`. Never keeps the process alive, and outlasts a store that is down. */
  start(): void
  /** Begins nothing new and waits for what is under way, within `stopTimeout`. */
  stop(): Promise<void>
  /**
   * One sweep over all connections that are due.
   * @throws StoreError when the store can not say which are
   */
  runOnce(options?: CallOptions): Promise<Sweep>
}

/** One sweep under way. */
export interface Run {
  stopped: boolean
  done: Promise<void>
}

/** Milliseconds. Beyond 2^31 - 1 a timer would fire at once. */
const longestWait = 20 * 86_400_000

/** @throws ConfigError `CONFIG_INVALID` */
export function createMonitor(
  context: ConnectionsContext,
  { refresher, accounts }: { readonly refresher: Refresher; readonly accounts: Accounts },
  options: MonitorOptions = {},
): Monitor {
  const { schedule } = context
  const { lease } = context.settings
  const { every = 60_000, concurrency = 4, pageSize = 100, stopTimeout = lease } = options
  const { checkEvery = schedule.checkEvery, warnBefore = schedule.warnBefore } = options
  for (const [name, value] of Object.entries({ every, checkEvery, warnBefore, concurrency, pageSize, stopTimeout })) {
    const least = name === 'warnBefore' || name === 'stopTimeout' ? 0 : 1
    const most = name === 'every' || name === 'stopTimeout' ? longestWait : Number.MAX_SAFE_INTEGER
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new ConfigError('CONFIG_INVALID', `monitor: ${name} is a whole number of ${least} to ${most}.`)
    }
  }
  schedule.checkEvery = checkEvery
  schedule.warnBefore = warnBefore
  const runs = new Set<Run>()
  // What a sweep needs loads with the first one.
  let loading: Promise<RunSweep> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function begin(signal: AbortSignal | undefined): Promise<Sweep> {
    const run: Run = { stopped: false, done: Promise.resolve() }
    loading ??= import('./sweep.ts').then(({ createSweep }) =>
      createSweep(context, { refresher, accounts }, { warnBefore, concurrency, pageSize }),
    )
    const sweeping = loading.then((sweep) => sweep(run, signal)).finally(() => runs.delete(run))
    run.done = sweeping.then(
      () => undefined,
      () => undefined,
    )
    runs.add(run)
    return sweeping
  }

  function plan(ms: number): void {
    const mine = setTimeout(async () => {
      await begin(undefined).catch(() => undefined)
      if (timer === mine) plan(0.9 * every + jitter(0.2 * every))
    }, ms)
    ;(mine as { unref?: () => void }).unref?.()
    timer = mine
  }

  return {
    start() {
      if (timer === undefined) plan(jitter(every / 10))
    },
    async stop() {
      clearTimeout(timer)
      timer = undefined
      for (const run of runs) run.stopped = true
      await within(Promise.all([...runs].map((run) => run.done)), stopTimeout)
    },
    async runOnce(callOptions) {
      callOptions?.signal?.throwIfAborted()
      const result = await begin(callOptions?.signal)
      callOptions?.signal?.throwIfAborted()
      return result
    },
  }
}
