import { type ErrorCode, isStagedoorError } from '../../errors.ts'
import type { CallOptions } from '../../internal/signal.ts'
import type { Provider } from '../../oauth/provider.ts'
import type { StoredConnection } from '../../stores/store.ts'
import { reauthorizeBy, refreshDueAt, toConnection } from '../records/record.ts'

/**
 * The first that applies:
 * - `disconnected`: there is no connection
 * - `needs_reauth`: the grant has ended, the user must sign in again
 * - `degraded`: the last refresh or probe failed for a reason that passes
 * - `reauth_due_soon`: the grant ends within the warning time
 * - `refresh_due`: the next use refreshes the access token
 * - `healthy`
 */
export type HealthStatus = 'healthy' | 'refresh_due' | 'degraded' | 'reauth_due_soon' | 'needs_reauth' | 'disconnected'

/** How a connection is. */
export interface Health {
  readonly status: HealthStatus
  readonly checkedAt: Date
  readonly expiresAt?: Date | undefined
  readonly reauthorizeBy?: Date | undefined
  /** True for adopted tokens of unknown age: `reauthorizeBy` is then the worst that can be. */
  readonly authorizedAtAssumed?: true | undefined
  readonly lastError?: { readonly code: ErrorCode; readonly at: Date; readonly attempts: number } | undefined
  /** How the Web API answers this application at present. */
  readonly api: ApiHealth
}

/** How the Web API answers this application. `until` is when to come back, if that is known. */
export interface ApiHealth {
  readonly status: 'ok' | 'rate_limited' | 'quota_exceeded' | 'circuit_open'
  readonly until?: Date | undefined
}

export interface HealthFacts {
  readonly provider: Provider
  /** Epoch milliseconds. */
  readonly now: number
  readonly margin: number
  readonly warnBefore: number
  readonly api: ApiHealth
}

/** What a record says about its connection. Opens no token. */
export function healthOf(record: StoredConnection | undefined, facts: HealthFacts): Health {
  const { provider, now, api } = facts
  const checkedAt = new Date(now)
  if (record === undefined) return { status: 'disconnected', checkedAt, api }
  const { expiresAt, reauthorizeBy: end, authorizedAtAssumed } = toConnection(record, provider)
  const { failure } = record
  return {
    status: statusOf(record, facts),
    checkedAt,
    expiresAt,
    reauthorizeBy: end,
    ...(authorizedAtAssumed === undefined ? {} : { authorizedAtAssumed }),
    ...(failure === undefined
      ? {}
      : { lastError: { code: failure.code as ErrorCode, at: new Date(failure.at), attempts: failure.attempts } }),
    api,
  }
}

function statusOf(record: StoredConnection, { provider, now, margin, warnBefore }: HealthFacts): HealthStatus {
  if (record.status === 'needs_reauth') return 'needs_reauth'
  if (record.failure !== undefined) return 'degraded'
  if (reauthorizeBy(record, provider) - now <= warnBefore) return 'reauth_due_soon'
  if (now >= refreshDueAt(record, margin)) return 'refresh_due'
  return 'healthy'
}

/** These say how busy the application is, nothing about one connection. */
const busy: ReadonlySet<string> = new Set([
  'API_RATE_LIMITED',
  'API_QUOTA_EXCEEDED',
  'API_CIRCUIT_OPEN',
  'API_QUEUE_FULL',
])

/**
 * Makes one real call and adds what it showed.
 *
 * @param look reads the health anew, after the call may have refreshed or ended the connection
 */
export async function probed(
  probe: (options: CallOptions) => Promise<void>,
  look: () => Promise<Health>,
  options: CallOptions,
): Promise<Health> {
  try {
    await probe(options)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isStagedoorError(error)) throw error
    const health = await look()
    if (health.status === 'needs_reauth' || health.status === 'disconnected' || busy.has(error.code)) return health
    const lastError = health.lastError ?? { code: error.code, at: health.checkedAt, attempts: 1 }
    return { ...health, status: 'degraded', lastError }
  }
  return await look()
}
