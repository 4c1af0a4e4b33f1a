import { ExpiringMap } from '../../internal/expiring-map.ts'
import { abortable, type CallOptions } from '../../internal/signal.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { ConnectionsContext } from '../context.ts'
import { checkOwnerId, leaseIsLive, refreshDueAt, revise } from '../records/record.ts'
import type { Accounts } from '../sign-in/account.ts'
import { notFound } from './failure.ts'
import type { Refresher, Usable } from './refresh.ts'

export type AccessTokens = (
  ownerId: string,
  options?: CallOptions & { readonly rejected?: string | undefined },
) => Promise<string>

/** Access tokens for callers: from the record where that will do, else through a refresh. */
export function createAccessTokens(
  context: ConnectionsContext,
  refresher: Refresher,
  accounts: Accounts,
): AccessTokens {
  const { settings, records, schedule } = context
  const { margin, now } = settings
  const marked = new ExpiringMap<string, string>({ maxSize: 10_000, maxAge: 60_000, now })

  /** Leaves the mark by which a monitor tells used connections from idle ones: one write per life of an access token. */
  function markUsed(record: StoredConnection): void {
    const at = now()
    const { ownerId } = record
    if (
      !schedule.usedWhileIdle(record, at) ||
      leaseIsLive(record, at, settings.lease) ||
      marked.get(ownerId) === record.revision
    )
      return
    marked.set(ownerId, record.revision)
    const next = revise(record, { nextCheckAt: schedule.afterUse(record, at) }, at)
    context.background(records.write(ownerId, record, next))
  }

  /** Whether the access token of a record will do. */
  const isGood = (record: StoredConnection): boolean =>
    record.status === 'connected' && now() < refreshDueAt(record, margin)

  return async function accessToken(
    ownerId: string,
    { rejected, signal }: CallOptions & { readonly rejected?: string | undefined } = {},
  ): Promise<string> {
    checkOwnerId(ownerId)
    signal?.throwIfAborted()
    let found: Usable | undefined
    if (!refresher.isWriting(ownerId)) {
      const cached = rejected === undefined ? records.cached(ownerId) : undefined
      const record = cached ?? (await records.read(ownerId, { signal }))
      if (record === undefined) throw notFound(ownerId)
      if (isGood(record)) {
        const stored = await context.seal.open(ownerId, 'access', record.accessToken, { signal })
        if (stored !== rejected) found = { record, accessToken: stored }
      }
    }
    found ??= await refresher.usable(ownerId, rejected, { signal })
    markUsed(found.record)
    if (accounts.isMissing(ownerId)) await abortable(accounts.fill(found.record, found.accessToken), signal)
    return found.accessToken
  }
}
