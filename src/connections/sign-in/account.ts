import { ExpiringMap } from '../../internal/expiring-map.ts'
import { settleWithin, timeoutSignal } from '../../internal/timeout.ts'
import type { AccountResponse } from '../../oauth/provider.ts'
import type { ConnectionsContext } from '../context.ts'
import { leaseIsLive } from '../records/lease.ts'
import { type ConnectionRecord, isStorable, revise } from '../records/record.ts'

/** Looks up accounts at the provider: at sign-in, and later if that look-up failed. */
export interface Accounts {
  lookUp(accessToken: string, signal?: AbortSignal): Promise<AccountResponse>
  /** Remembers that an owner's account could not be looked up at sign-in. */
  markMissing(ownerId: string): void
  /** Whether this process remembers that the owner's account is missing. */
  isMissing(ownerId: string): boolean
  /** Fills in a missing account, at most once a minute per connection. Delays the caller by at most a second. */
  fill(record: ConnectionRecord, accessToken: string): Promise<void>
}

const lookUpTimeout = 5000
const retryAfter = 60_000
const missingFor = 86_400_000

export function createAccounts(context: ConnectionsContext): Accounts {
  const { settings, records } = context
  const { provider, now } = settings
  const recentlyTried = new ExpiringMap<string, true>({ maxSize: 10_000, maxAge: retryAfter, now })
  const missing = new ExpiringMap<string, true>({ maxSize: 10_000, maxAge: missingFor, now })

  async function lookUp(accessToken: string, signal?: AbortSignal): Promise<AccountResponse> {
    const limit = timeoutSignal(lookUpTimeout, signal)
    try {
      const { endpoints, fetch } = settings
      const lookup = provider.account?.({ accessToken, endpoints, fetch, signal: limit.signal })
      return (await lookup) ?? { outcome: 'unavailable' }
    } catch {
      signal?.throwIfAborted()
      return { outcome: 'unavailable' }
    } finally {
      limit.done()
    }
  }

  async function write(ownerId: string, authorizedAt: number, account: { id: string; name?: string | undefined }) {
    const stored = await records.read(ownerId)
    if (stored === undefined || stored.authorizedAt !== authorizedAt || stored.accountId !== undefined) return
    if (leaseIsLive(stored, settings) || !isStorable(account.id)) return
    await records.write(
      ownerId,
      stored,
      revise(stored, { accountId: account.id, accountName: account.name ?? stored.accountName }, now()),
    )
  }

  return {
    lookUp,
    markMissing: (ownerId) => missing.set(ownerId, true),
    isMissing: (ownerId) => missing.get(ownerId) === true,
    async fill({ ownerId, accountId, authorizedAt }, accessToken) {
      if (accountId !== undefined || provider.account === undefined || recentlyTried.get(ownerId)) return
      recentlyTried.set(ownerId, true)
      const filling = lookUp(accessToken).then(async (response) => {
        if (response.outcome !== 'found') return
        await write(ownerId, authorizedAt, response.account)
        missing.delete(ownerId)
      })
      context.background(filling)
      await settleWithin(filling, 1000).catch(() => undefined)
    },
  }
}
