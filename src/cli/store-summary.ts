import { countByHealth, type HealthCounts } from '../connections/health/count.ts'
import type { ConnectionsSettings } from '../connections/options.ts'

const dueLimit = 1000
const warnBefore = 14 * 86_400_000

/** The connections of a store, counted by state and key. */
export interface StoreSummary {
  readonly total: number
  readonly health: HealthCounts
  /** Number of tokens by the id of the key-encryption key that they are encrypted under. */
  readonly keys: Readonly<Record<string, number>>
  /** Connections with a token that is not under the current key, or whose data key is too old. */
  readonly stale: number
  /** Connections that are due for a check; at most 1,000 are counted. */
  readonly due: number
  /** When the oldest of them became due, in epoch milliseconds. */
  readonly dueSince: number | undefined
}

/** Reads the records of all connections, in pages, and decrypts no token. */
export async function summarizeStore(settings: ConnectionsSettings, signal: AbortSignal): Promise<StoreSummary> {
  const { store, vault, provider, now } = settings
  const keys: Record<string, number> = {}
  let [total, stale] = [0, 0]
  const health = await countByHealth(settings, {
    warnBefore,
    signal,
    visit({ accessToken, refreshToken }) {
      const tokens = refreshToken === undefined ? [accessToken] : [accessToken, refreshToken]
      for (const { keyId } of tokens) keys[keyId] = (keys[keyId] ?? 0) + 1
      if (tokens.some((token) => vault.isStale(token))) stale += 1
      total += 1
    },
  })
  const due = await store.due({ provider: provider.id, at: Math.round(now()), limit: dueLimit }, { signal })
  return { total, health, keys, stale, due: due.length, dueSince: due[0]?.nextCheckAt }
}
