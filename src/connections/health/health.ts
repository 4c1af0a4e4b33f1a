import { type ErrorCode, isStagedoorError } from '../../errors.ts'
import type { CallOptions } from '../../internal/signal.ts'
import type { LocalFailure } from '../records/local-failures.ts'
import { type ConnectionFacts, reauthorizeBy, refreshDueAt, toConnection } from '../records/record.ts'

/**
 * The first that applies:
 * - `disconnected`: there is no connection
 * - `needs_reauth`: the grant has ended, the user must sign in again
 * - `degraded`: the last refresh or probe failed, and may succeed later
 * - `reauth_due_soon`: the grant ends within the warning time
 * - `refresh_due`: the next use refreshes the access token
 * - `healthy`
 */
export type HealthStatus = 'healthy' | 'refresh_due' | 'degraded' | 'reauth_due_soon' | 'needs_reauth' | 'disconnected'

/** The health of a connection. */
export interface Health {
  readonly status: HealthStatus
  readonly checkedAt: Date
  readonly expiresAt?: Date | undefined
  readonly reauthorizeBy?: Date | undefined
  /** True for adopted tokens of unknown age: `reauthorizeBy` is then the earliest possible. */
  readonly authorizedAtAssumed?: true | undefined
  readonly lastError?: LastError | undefined
  /** The current state of the Web API for this application. */
  readonly api: ApiHealth
}

/** The failure of the last refresh or probe. */
export interface LastError {
  readonly code: ErrorCode
  readonly at: Date
  readonly attempts: number
  /**
   * `provider`: the provider said it about this connection, so it holds for every process. `process`: this process could
   * not reach the provider, was rejected for its own configuration, or could not open or seal a token; others may be able
   * to.
   */
  readonly origin: 'provider' | 'process'
}

/** The state of the Web API for this application. `until`: when calls are possible again, if known. */
export interface ApiHealth {
  readonly status: 'ok' | 'rate_limited' | 'quota_exceeded' | 'circuit_open'
  readonly until?: Date | undefined
}

interface HealthInput {
  /** Epoch milliseconds. */
  readonly now: number
  readonly margin: number
  readonly warnBefore: number
  readonly api: ApiHealth
  /** What the process could not do for this connection. */
  readonly localFailures?: LocalFailure | undefined
}

/** The health of a connection from its record. Opens no token. */
export function healthOf(record: ConnectionFacts | undefined, input: HealthInput): Health {
  const { now, api } = input
  const checkedAt = new Date(now)
  if (record === undefined) return { status: 'disconnected', checkedAt, api }
  const { expiresAt, reauthorizeBy: end, authorizedAtAssumed } = toConnection(record)
  const known = input.localFailures
  // A failure from before the present grant was one of the grant before.
  const relevant = { ...input, localFailures: known !== undefined && known.at < record.createdAt ? undefined : known }
  const lastError = lastErrorOf(record, relevant)
  return {
    status: statusOf(record, relevant),
    checkedAt,
    expiresAt,
    reauthorizeBy: end,
    ...(authorizedAtAssumed === undefined ? {} : { authorizedAtAssumed }),
    ...(lastError === undefined ? {} : { lastError }),
    api,
  }
}

function lastErrorOf({ failure, status }: ConnectionFacts, { localFailures }: HealthInput): LastError | undefined {
  if (failure !== undefined) {
    const { code, at, attempts } = failure
    return { code: code as ErrorCode, at: new Date(at), attempts, origin: 'provider' }
  }
  if (localFailures === undefined || status === 'needs_reauth') return undefined
  return {
    code: localFailures.code,
    at: new Date(localFailures.at),
    attempts: localFailures.attempts,
    origin: 'process',
  }
}

function statusOf(record: ConnectionFacts, { now, margin, warnBefore, localFailures }: HealthInput): HealthStatus {
  if (record.status === 'needs_reauth') return 'needs_reauth'
  if (record.failure !== undefined || localFailures !== undefined) return 'degraded'
  if (reauthorizeBy(record) - now <= warnBefore) return 'reauth_due_soon'
  if (now >= refreshDueAt(record, margin)) return 'refresh_due'
  return 'healthy'
}

/** Errors about the application's limits, not about one connection. */
const limitErrors: ReadonlySet<string> = new Set([
  'API_RATE_LIMITED',
  'API_QUOTA_EXCEEDED',
  'API_CIRCUIT_OPEN',
  'API_QUEUE_FULL',
])

/**
 * Makes one real request and adds its result.
 *
 * @param readHealth reads the health again, since the request may have refreshed or ended the connection
 */
export async function probeHealth(
  probe: (options: CallOptions) => Promise<void>,
  readHealth: () => Promise<Health>,
  options: CallOptions,
): Promise<Health> {
  try {
    await probe(options)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!isStagedoorError(error)) throw error
    const health = await readHealth()
    if (health.status === 'needs_reauth' || health.status === 'disconnected' || limitErrors.has(error.code))
      return health
    const lastError = health.lastError ?? { code: error.code, at: health.checkedAt, attempts: 1, origin: 'process' }
    return { ...health, status: 'degraded', lastError }
  }
  return await readHealth()
}
