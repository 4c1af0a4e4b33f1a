import { type HealthStatus, healthOf } from '../connections/health.ts'
import type { ConnectionsSettings } from '../connections/options.ts'
import { sleep } from '../internal/signal.ts'

const pageSize = 1000
const dueLimit = 1000
const fortnight = 14 * 86_400_000

/** How the connections of a store are, counted. */
export interface Census {
  readonly total: number
  readonly health: Readonly<Partial<Record<HealthStatus, number>>>
  /** Tokens by the name of the key that they are under. */
  readonly keys: Readonly<Record<string, number>>
  /** Connections with a token that is not under the current key, or under an over-age data key. */
  readonly stale: number
  /** At most 1,000 are counted. */
  readonly due: number
  /** Epoch milliseconds since when the longest overdue has waited. */
  readonly dueSince: number | undefined
}

/** Reads the records of all connections, in pages, and opens no token. */
export async function takeCensus(
  { store, vault, provider, margin, now }: ConnectionsSettings,
  signal: AbortSignal,
): Promise<Census> {
  const health: Partial<Record<HealthStatus, number>> = {}
  const keys: Record<string, number> = {}
  let [total, stale] = [0, 0]
  let after: string | undefined
  for (;;) {
    signal.throwIfAborted()
    const page = await store.list({ provider: provider.id, after, limit: pageSize }, { signal })
    for (const record of page) {
      const { status } = healthOf(record, {
        provider,
        now: now(),
        margin,
        warnBefore: fortnight,
        api: { status: 'ok' },
      })
      health[status] = (health[status] ?? 0) + 1
      const tokens = [record.accessToken, ...(record.refreshToken === undefined ? [] : [record.refreshToken])]
      for (const { keyId } of tokens) keys[keyId] = (keys[keyId] ?? 0) + 1
      if (tokens.some((token) => vault.isStale(token))) stale += 1
    }
    total += page.length
    after = page.at(-1)?.ownerId
    if (page.length < pageSize) break
    await sleep(0, signal)
  }
  const due = await store.due({ provider: provider.id, at: Math.round(now()), limit: dueLimit }, { signal })
  return { total, health, keys, stale, due: due.length, dueSince: due[0]?.nextCheckAt }
}
