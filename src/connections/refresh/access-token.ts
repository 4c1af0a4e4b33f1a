import { ExpiringMap } from '../../internal/expiring-map.ts'
import { abortable, type CallOptions } from '../../internal/signal.ts'
import { settleWithin } from '../../internal/timeout.ts'
import type { ConnectionsContext } from '../context.ts'
import { leaseIsLive } from '../records/lease.ts'
import { type ConnectionRecord, checkOwnerId, refreshDueAt, revise } from '../records/record.ts'
import type { Accounts } from '../sign-in/account.ts'
import { notFound } from './failure.ts'
import type { ConnectionToken, Refresher } from './refresh.ts'

type AccessTokens = (
  ownerId: string,
  options?: CallOptions & { readonly rejected?: string | undefined },
) => Promise<string>

/** Milliseconds that a caller waits for a refresh while its token is valid, with `background: false`. */
const refreshInFront = 1000

/** Access tokens for callers: from the record while fresh, otherwise from a refresh. */
export function createAccessTokens(
  context: ConnectionsContext,
  refresher: Refresher,
  accounts: Accounts,
): AccessTokens {
  const { settings, records, schedule } = context
  const { margin, now } = settings
  const marked = new ExpiringMap<string, string>({ maxSize: 10_000, maxAge: 60_000, now })

  /** Marks the connection as used, so that a monitor refreshes it ahead of time. One write per access token. */
  function markUsed(record: ConnectionRecord): void {
    const at = now()
    const { ownerId } = record
    if (!schedule.usedWhileIdle(record, at) || leaseIsLive(record, settings) || marked.get(ownerId) === record.revision)
      return
    marked.set(ownerId, record.revision)
    const next = revise(record, { checkAt: schedule.afterUse(record, at) }, at)
    context.background(records.write(ownerId, record, next))
  }

  const isValid = (record: ConnectionRecord): boolean => record.status === 'connected' && now() < record.expiresAt

  /**
   * Begins a refresh and returns the token that is still valid. Where a process may be stopped after its response, the
   * refresh gets a second first.
   */
  async function refreshBehind(valid: ConnectionToken, signal: AbortSignal | undefined): Promise<ConnectionToken> {
    const { ownerId } = valid.record
    const refreshing = refresher.refreshBehind(ownerId)
    settings.waitUntil?.(refreshing)
    if (settings.background) return valid
    await abortable(settleWithin(refreshing, refreshInFront), signal)
    const record = records.cached(ownerId)
    if (record === undefined || record.accessToken === valid.record.accessToken || !isValid(record)) return valid
    return { record, accessToken: await context.seal.open(ownerId, 'access', record.accessToken, { signal }) }
  }

  return async function accessToken(
    ownerId: string,
    { rejected, signal }: CallOptions & { readonly rejected?: string | undefined } = {},
  ): Promise<string> {
    checkOwnerId(ownerId)
    signal?.throwIfAborted()
    let token: ConnectionToken | undefined
    if (!refresher.isWriting(ownerId)) {
      const cached = rejected === undefined ? records.cached(ownerId) : undefined
      const record = cached ?? (await records.read(ownerId, { signal }))
      if (record === undefined) throw notFound(ownerId)
      if (isValid(record)) {
        const stored = await context.seal.open(ownerId, 'access', record.accessToken, { signal })
        if (stored !== rejected) token = { record, accessToken: stored }
      }
      if (token !== undefined && now() >= refreshDueAt(record, margin)) token = await refreshBehind(token, signal)
    }
    token ??= await refresher.token(ownerId, rejected, { signal })
    markUsed(token.record)
    if (accounts.isMissing(ownerId)) await abortable(accounts.fill(token.record, token.accessToken), signal)
    return token.accessToken
  }
}
