import { base64url, randomBytes } from '../../internal/bytes.ts'
import { jitter } from '../../internal/jitter.ts'
import { sleep } from '../../internal/signal.ts'
import type { ConnectionsContext } from '../context.ts'
import { leaseIsLive, leaseLeft } from '../records/lease.ts'
import { type ConnectionRecord, revise } from '../records/record.ts'

/**
 * Takes the lease of exactly this revision.
 *
 * @returns the record with the lease; `undefined` if another process was first, or if so much time has passed (slow
 *   store, stopped process, changed clock) that the token request would outlast the lease
 */
export async function takeLease(
  context: ConnectionsContext,
  record: ConnectionRecord,
): Promise<ConnectionRecord | undefined> {
  const { records, settings } = context
  const { clock, now, timeout, lease: length, store } = settings
  // Counted from before the write: the store counts from a later moment.
  const [sentAt, wall] = [clock(), now()]
  const lease = { owner: settings.instance, id: base64url(randomBytes(12)), length }
  // Without reservations, all monitors would find the same records at the head of the queue.
  const moved = store.reserve === undefined ? { nextCheckAt: Math.round(wall) + length } : {}
  const leased = revise(record, { lease, leaseEnd: sentAt + length, ...moved }, wall)
  if (!(await records.writeWithRetry(record.ownerId, record, leased))) return undefined
  // A process that was stopped may see it on one of its clocks only.
  const elapsed = Math.max(clock() - sentAt, now() - wall)
  if (length - elapsed >= timeout) return leased
  await records.write(record.ownerId, leased, revise(leased, { lease: undefined }, now()))
  return undefined
}

/**
 * Waits until the record's lease has ended or the record has changed.
 *
 * @returns true if the record still holds the same, expired lease
 */
export async function waitForLease(context: ConnectionsContext, record: ConnectionRecord): Promise<boolean> {
  const { records, settings } = context
  const longest = 2 * settings.lease - settings.timeout
  let left = leaseLeft(record, settings)
  let waited = 0
  let pause = 20
  for (;;) {
    const step = Math.ceil(Math.min(0.75 * pause + jitter(pause / 2), left + 5, longest - waited))
    await sleep(Math.max(step, 1))
    waited += Math.max(step, 1)
    pause = Math.min(pause * 1.5, 250)
    const stored = await records.read(record.ownerId)
    if (stored?.lease === undefined || stored.lease.id !== record.lease?.id) return false
    if (!leaseIsLive(stored, settings) || waited >= longest) return true
    left = leaseLeft(stored, settings)
  }
}
