import type { ErrorCode } from '../../errors.ts'
import type { ConnectionsContext } from '../context.ts'
import { leaseIsLive, leaseLeft } from '../records/lease.ts'
import { type ConnectionRecord, never, revise } from '../records/record.ts'
import type { RefreshFailure } from './failure.ts'

/** How often a write is tried again when other processes change the record too. */
const maxRounds = 10

/**
 * Marks a connection whose refresh token was refused, if the store still holds that token. The sealed tokens stay in
 * the record, so that a late success can restore the connection.
 *
 * @param sentFrom the record whose refresh token was sent, or that has none
 */
export async function markNeedsReauth(
  context: ConnectionsContext,
  sentFrom: ConnectionRecord,
): Promise<'ended' | 'changed' | 'gone' | 'lost'> {
  const { records, settings, seal, emit } = context
  const { ownerId } = sentFrom
  for (let round = 0; round < maxRounds; round++) {
    records.forget(ownerId)
    const stored = await records.read(ownerId)
    if (stored === undefined) return 'gone'
    if (stored.status === 'needs_reauth') return 'ended'
    const refreshedSince = stored.authorizedAt !== sentFrom.authorizedAt || stored.refreshedAt !== sentFrom.refreshedAt
    if (refreshedSince || !(await seal.sameRefreshToken(stored, sentFrom))) return 'changed'
    const now = Math.round(settings.now())
    if (stored.lease?.owner !== settings.instance && leaseIsLive(stored, settings)) return 'lost'
    const code = 'CONNECTION_NEEDS_REAUTH'
    const failure = { code, at: now, attempts: (stored.failure?.attempts ?? 0) + 1 }
    const next = revise(stored, { status: 'needs_reauth', failure, lease: undefined, checkAt: never }, now)
    const onWritten = (): void => emit('connection.needs_reauth', next, { code })
    if (await records.writeWithRetry(ownerId, stored, next, onWritten)) return 'ended'
  }
  return 'lost'
}

/**
 * Records a failed refresh and when the next one is allowed. Releases the lease, unless the server may still process
 * the request. If the store fails here, the lease simply expires.
 *
 * @returns epoch milliseconds from which on the next attempt is allowed
 */
export async function recordFailure(
  context: ConnectionsContext,
  leased: ConnectionRecord,
  { code, retryAt, outcomeUnknown }: RefreshFailure,
): Promise<number> {
  const { records, settings, schedule, emit } = context
  const { ownerId } = leased
  let current: ConnectionRecord | undefined = leased
  let allowedAt = schedule.retry((leased.failure?.attempts ?? 0) + 1, Math.round(settings.now()), retryAt)
  try {
    for (let round = 0; round < maxRounds; round++) {
      if (current?.lease === undefined || current.lease.id !== leased.lease?.id) return allowedAt
      const now = Math.round(settings.now())
      const before: ConnectionRecord = current
      const attempts = (before.failure?.attempts ?? 0) + 1
      const retry = schedule.retry(attempts, now, retryAt)
      const leaseEnd = Math.ceil(now + leaseLeft(before, settings))
      allowedAt = outcomeUnknown ? Math.max(retry, leaseEnd) : retry
      const changes = {
        failure: { code, at: now, attempts, retryAt: allowedAt },
        lease: outcomeUnknown ? before.lease : undefined,
        checkAt: allowedAt,
      }
      const next = revise(before, changes, now)
      const onWritten = (): void => {
        emit('connection.refresh_failed', next, { code, attempts })
        if (before.failure === undefined) emit('connection.degraded', next, { code })
      }
      if (await records.writeWithRetry(ownerId, before, next, onWritten)) return allowedAt
      records.forget(ownerId)
      current = await records.read(ownerId)
    }
  } catch {}
  return allowedAt
}

/** Records that a check could not begin, unless the record has changed since. */
export async function recordCheckFailure(
  context: ConnectionsContext,
  record: ConnectionRecord,
  code: ErrorCode,
): Promise<void> {
  const { records, settings, schedule, emit } = context
  const now = Math.round(settings.now())
  const attempts = (record.failure?.attempts ?? 0) + 1
  const retryAt = schedule.retry(attempts, now, undefined)
  const changes = { failure: { code, at: now, attempts, retryAt }, checkAt: retryAt }
  const next = revise(record, changes, now)
  const onWritten = (): void => {
    emit('connection.refresh_failed', next, { code, attempts })
    if (record.failure === undefined) emit('connection.degraded', next, { code })
  }
  await records.write(record.ownerId, record, next, onWritten).catch(() => undefined)
}
