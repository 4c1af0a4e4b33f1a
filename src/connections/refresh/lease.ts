import { jitter } from '../../internal/jitter.ts'
import { sleep } from '../../internal/signal.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { ConnectionsContext } from '../context.ts'
import { leaseIsLive, revise } from '../records/record.ts'

/** Tells one lease from the next. */
export function leaseName(record: StoredConnection): string | undefined {
  return record.lease === undefined ? undefined : `${record.lease.owner} ${record.lease.until}`
}

/**
 * Takes the lease of exactly this revision.
 *
 * @returns the record with the lease; `undefined` when someone else was first, or when so much time passed on the way
 *   (a slow store, a stopped process, a clock that was set) that the token request would outlast the lease
 */
export async function takeLease(
  context: ConnectionsContext,
  record: StoredConnection,
): Promise<StoredConnection | undefined> {
  const { records, settings } = context
  const { now, timeout, lease } = settings
  const at = Math.round(now())
  const until = at + lease
  const leased = revise(record, { lease: { owner: settings.instance, until }, nextCheckAt: until }, at)
  if (!(await records.writeSurely(record.ownerId, record, leased))) return undefined
  const left = until - now()
  if (left >= timeout && left <= lease) return leased
  const back = revise(leased, { lease: undefined, nextCheckAt: record.nextCheckAt }, now())
  await records.write(record.ownerId, leased, back)
  return undefined
}

/**
 * Waits until the record's lease is over or the record has changed.
 *
 * @returns whether the same lease is still there although its time has passed, by the clock or by waiting it out
 */
export async function outlive(context: ConnectionsContext, record: StoredConnection): Promise<boolean> {
  const { records, settings } = context
  const { now, lease } = settings
  const name = leaseName(record)
  let waited = 0
  let pause = 20
  for (;;) {
    const left = Math.max((record.lease?.until ?? 0) - now(), 0)
    const step = Math.ceil(Math.min(0.75 * pause + jitter(pause / 2), left + 5, lease - waited))
    await sleep(Math.max(step, 1))
    waited += Math.max(step, 1)
    pause = Math.min(pause * 1.5, 250)
    const stored = await records.read(record.ownerId)
    if (stored === undefined || leaseName(stored) !== name) return false
    if (!leaseIsLive(stored, now(), lease) || waited >= lease) return true
  }
}
