import { jitter } from '../../internal/jitter.ts'
import { sleep } from '../../internal/signal.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { ConnectionsContext } from '../context.ts'
import { leaseIsLive, revise } from '../records/record.ts'

/** Distinguishes one lease from the next. */
export function leaseId(record: StoredConnection): string | undefined {
  return record.lease === undefined ? undefined : `${record.lease.owner} ${record.lease.until}`
}

/**
 * Takes the lease of exactly this revision.
 *
 * @returns the record with the lease; `undefined` if another process was first, or if so much time has passed (slow
 *   store, stopped process, changed clock) that the token request would outlast the lease
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
  if (!(await records.writeWithRetry(record.ownerId, record, leased))) return undefined
  const left = until - now()
  if (left >= timeout && left <= lease) return leased
  const released = revise(leased, { lease: undefined, nextCheckAt: record.nextCheckAt }, now())
  await records.write(record.ownerId, leased, released)
  return undefined
}

/**
 * Waits until the record's lease has ended or the record has changed.
 *
 * @returns true if the record still holds the same, expired lease
 */
export async function waitForLease(context: ConnectionsContext, record: StoredConnection): Promise<boolean> {
  const { records, settings } = context
  const { now, lease } = settings
  const name = leaseId(record)
  let waited = 0
  let pause = 20
  for (;;) {
    const left = Math.max((record.lease?.until ?? 0) - now(), 0)
    const step = Math.ceil(Math.min(0.75 * pause + jitter(pause / 2), left + 5, lease - waited))
    await sleep(Math.max(step, 1))
    waited += Math.max(step, 1)
    pause = Math.min(pause * 1.5, 250)
    const stored = await records.read(record.ownerId)
    if (stored === undefined || leaseId(stored) !== name) return false
    if (!leaseIsLive(stored, now(), lease) || waited >= lease) return true
  }
}
