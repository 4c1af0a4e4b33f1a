import { sleep } from '../../internal/signal.ts'
import type { Provider } from '../../oauth/provider.ts'
import type { ListCursor, StoredConnection, TokenStore } from '../../stores/store.ts'
import { readAgain } from '../records/read-again.ts'
import { type HealthStatus, healthOf } from './health.ts'

/** Connections by health; states without connections are absent. */
export type HealthCounts = Readonly<Partial<Record<HealthStatus, number>>>

interface CountInput {
  readonly store: TokenStore
  readonly provider: Provider
  /** Milliseconds before its expiry from which on an access token is due for a refresh. */
  readonly margin: number
  readonly now: () => number
}

interface CountOptions {
  /** Milliseconds before the end of a grant from which on it counts as due soon. */
  readonly warnBefore: number
  readonly signal?: AbortSignal | undefined
  /** Called with every record. */
  readonly visit?: ((record: StoredConnection) => void) | undefined
}

const pageSize = 1000

/** Reads every record once, in pages. A connection created in the meantime may be missed. */
export async function countByHealth(
  { store, provider, margin, now }: CountInput,
  { warnBefore, signal, visit }: CountOptions,
): Promise<HealthCounts> {
  const counts: Partial<Record<HealthStatus, number>> = {}
  let after: ListCursor | undefined
  for (;;) {
    const query = { provider: provider.id, after, limit: pageSize }
    const page = await readAgain(() => store.list(query, { signal }), signal)
    for (const record of page) {
      const { status } = healthOf(record, { now: now(), margin, warnBefore, api: { status: 'ok' } })
      counts[status] = (counts[status] ?? 0) + 1
      visit?.(record)
    }
    after = page.at(-1)
    if (page.length < pageSize) return counts
    // With a synchronous store, give other tasks a turn.
    await sleep(0, signal)
  }
}
