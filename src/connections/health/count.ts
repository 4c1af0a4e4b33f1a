import { sleep } from '../../internal/signal.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { ConnectionsSettings } from '../options.ts'
import { type HealthStatus, healthOf } from './health.ts'

/** How many connections are in which health; states in which there are none are left out. */
export type HealthCounts = Readonly<Partial<Record<HealthStatus, number>>>

export interface CountOptions {
  /** Milliseconds before the end of a grant from which on it counts as due soon. */
  readonly warnBefore: number
  readonly signal?: AbortSignal | undefined
  /** Sees every record. */
  readonly visit?: ((record: StoredConnection) => void) | undefined
}

const pageSize = 1000

/** Reads every record once, in pages. A connection made meanwhile may be missed. */
export async function countByHealth(
  { store, provider, margin, now }: Pick<ConnectionsSettings, 'store' | 'provider' | 'margin' | 'now'>,
  { warnBefore, signal, visit }: CountOptions,
): Promise<HealthCounts> {
  const counts: Partial<Record<HealthStatus, number>> = {}
  let after: string | undefined
  for (;;) {
    const page = await store.list({ provider: provider.id, after, limit: pageSize }, { signal })
    for (const record of page) {
      const { status } = healthOf(record, { provider, now: now(), margin, warnBefore, api: { status: 'ok' } })
      counts[status] = (counts[status] ?? 0) + 1
      visit?.(record)
    }
    after = page.at(-1)?.ownerId
    if (page.length < pageSize) return counts
    // A store that answers at once would leave no turn to anything else.
    await sleep(0, signal)
  }
}
