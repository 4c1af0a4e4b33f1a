import type { ErrorCode } from '../errors.ts'

export type HealthStatus = 'healthy' | 'refresh_due' | 'degraded' | 'reauth_due_soon' | 'needs_reauth' | 'disconnected'

export interface Health {
  readonly status: HealthStatus
  readonly checkedAt: Date
  readonly expiresAt?: Date | undefined
  readonly reauthorizeBy?: Date | undefined
  readonly lastError?: { readonly code: ErrorCode; readonly at: Date; readonly attempts: number } | undefined
  /** How the Web API answers this application at present. */
  readonly api: ApiHealth
}

export interface ApiHealth {
  readonly status: 'ok' | 'rate_limited' | 'quota_exceeded' | 'circuit_open'
  readonly until?: Date | undefined
}
