import type { ErrorCode } from '../../errors.ts'
import { jitter } from '../../internal/jitter.ts'
import type { ConnectionsContext, RefreshContext } from '../context.ts'
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

/**
 * Gives the lease back after a failure that only this process has had, unless the server may still process the request.
 * Writes nothing about the failure: another process may succeed. If the store fails here, the lease simply expires.
 *
 * @returns epoch milliseconds from which on this process tries again
 */
export async function returnLease(
  context: RefreshContext,
  leased: ConnectionRecord,
  failure: RefreshFailure,
  used: boolean,
): Promise<number> {
  const { records, settings, localFailures, emit } = context
  const retryAt = localFailures.add(leased.ownerId, failure)
  const attempts = localFailures.last(leased.ownerId)?.attempts ?? 1
  emit('connection.refresh_failed', leased, { code: failure.code, attempts })
  const now = settings.now()
  const checkAt = used ? leased.checkAt : postponed(now)
  const changes = failure.outcomeUnknown ? { checkAt } : { checkAt, lease: undefined }
  await records.writeWithRetry(leased.ownerId, leased, revise(leased, changes, now)).catch(() => undefined)
  return failure.outcomeUnknown ? Math.max(retryAt, Math.ceil(now + leaseLeft(leased, settings))) : retryAt
}

/** When a monitor looks again at a connection that it could not check, so that others come before it. */
function postponed(now: number): number {
  return Math.round(now + 150_000 + jitter(150_000))
}

/**
 * Postpones the next check of a connection whose check could not begin, unless the record has changed since. What this
 * process cannot do is no fact about the connection: no failure is written.
 */
export async function postponeCheck(context: RefreshContext, record: ConnectionRecord, code: ErrorCode): Promise<void> {
  const { records, settings, localFailures, emit } = context
  const now = settings.now()
  const { attempts } = localFailures.note(record.ownerId, code)
  const next = revise(record, { checkAt: postponed(now) }, now)
  const onWritten = (): void => emit('connection.refresh_failed', next, { code, attempts })
  await records.write(record.ownerId, record, next, onWritten).catch(() => undefined)
}
