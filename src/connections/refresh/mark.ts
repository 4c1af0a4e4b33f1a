import type { ErrorCode } from '../../errors.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { ConnectionsContext } from '../context.ts'
import { leaseIsLive, never, revise } from '../records/record.ts'
import type { RefreshFailure } from './failure.ts'

/** How often a write is tried anew on a record that others change too. */
const tries = 10

/**
 * Ends a connection whose refresh token was refused, if the store still holds that very token: the tokens stay sealed
 * in the record, and a late good answer can still bring it back.
 *
 * @param sentFrom the record whose refresh token was sent, or which has none to send
 */
export async function markEnded(
  context: ConnectionsContext,
  sentFrom: StoredConnection,
): Promise<'ended' | 'changed' | 'gone' | 'lost'> {
  const { records, settings, seal, announce } = context
  const { ownerId } = sentFrom
  for (let round = 0; round < tries; round++) {
    records.forget(ownerId)
    const stored = await records.read(ownerId)
    if (stored === undefined) return 'gone'
    if (stored.status === 'needs_reauth') return 'ended'
    const touched = stored.authorizedAt !== sentFrom.authorizedAt || stored.refreshedAt !== sentFrom.refreshedAt
    if (touched || !(await seal.sameRefreshToken(stored, sentFrom))) return 'changed'
    const now = Math.round(settings.now())
    if (stored.lease?.owner !== settings.instance && leaseIsLive(stored, now, settings.lease)) return 'lost'
    const code = 'CONNECTION_NEEDS_REAUTH'
    const failure = { code, at: now, attempts: (stored.failure?.attempts ?? 0) + 1 }
    const next = revise(stored, { status: 'needs_reauth', failure, lease: undefined, nextCheckAt: never }, now)
    const tell = (): void => announce('connection.needs_reauth', next, { code })
    if (await records.writeSurely(ownerId, stored, next, tell)) return 'ended'
  }
  return 'lost'
}

/**
 * Notes a failed refresh and when the next may be. The lease is given back, unless the server may still act on the
 * request. A store that fails meanwhile only means that the lease runs out by itself.
 */
export async function noteFailure(
  context: ConnectionsContext,
  leased: StoredConnection,
  { code, retryAt, unanswered }: RefreshFailure,
): Promise<void> {
  const { records, settings, schedule, announce } = context
  const { ownerId } = leased
  let current: StoredConnection | undefined = leased
  try {
    for (let round = 0; round < tries; round++) {
      if (current?.lease?.owner !== settings.instance || current.lease.until !== leased.lease?.until) return
      const now = Math.round(settings.now())
      const before: StoredConnection = current
      const attempts = (before.failure?.attempts ?? 0) + 1
      const retry = schedule.retry(attempts, now, retryAt)
      const changes = {
        failure: { code, at: now, attempts },
        lease: unanswered ? before.lease : undefined,
        nextCheckAt: unanswered ? Math.max(retry, leased.lease?.until ?? retry) : retry,
      }
      const next = revise(before, changes, now)
      const tell = (): void => {
        announce('connection.refresh_failed', next, { code, attempts })
        if (before.failure === undefined) announce('connection.degraded', next, { code })
      }
      if (await records.writeSurely(ownerId, before, next, tell)) return
      records.forget(ownerId)
      current = await records.read(ownerId)
    }
  } catch {}
}

/** Notes that a check could not even begin, unless somebody has changed the record since. */
export async function noteCheckFailure(
  context: ConnectionsContext,
  record: StoredConnection,
  code: ErrorCode,
): Promise<void> {
  const { records, settings, schedule, announce } = context
  const now = Math.round(settings.now())
  const attempts = (record.failure?.attempts ?? 0) + 1
  const changes = { failure: { code, at: now, attempts }, nextCheckAt: schedule.retry(attempts, now, undefined) }
  const next = revise(record, changes, now)
  const tell = (): void => {
    announce('connection.refresh_failed', next, { code, attempts })
    if (record.failure === undefined) announce('connection.degraded', next, { code })
  }
  await records.write(record.ownerId, record, next, tell).catch(() => undefined)
}
