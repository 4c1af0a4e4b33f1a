import { ConfigError, ConnectionError, type ErrorCode, isStagedoorError } from '../../errors.ts'
import { TokenEndpointError } from '../../oauth/token-endpoint.ts'

/** What a failed token request means for its connection. */
export interface RefreshFailure {
  /** `ended`: confirm against the store. `config`: the developer must act. `transient`: retry later. */
  readonly kind: 'ended' | 'config' | 'transient'
  readonly code: ErrorCode
  /** Epoch milliseconds, from the server's Retry-After. */
  readonly retryAt: number | undefined
  /** Whether the request timed out while the server may still process it: it is not repeated within its lease. */
  readonly outcomeUnknown: boolean
}

/** Only `400 invalid_grant` can end a connection. Unknown errors are transient. */
export function refreshFailure(error: unknown, timedOut: boolean): RefreshFailure {
  if (timedOut) return { kind: 'transient', code: 'API_TIMEOUT', retryAt: undefined, outcomeUnknown: true }
  if (error instanceof TokenEndpointError) {
    const { retryAt, status } = error
    switch (error.kind) {
      case 'invalid_grant':
        return { kind: 'ended', code: 'CONNECTION_NEEDS_REAUTH', retryAt: undefined, outcomeUnknown: false }
      case 'client_rejected':
        return { kind: 'config', code: 'CONFIG_CLIENT_REJECTED', retryAt: undefined, outcomeUnknown: false }
      case 'rejected':
      case 'transient':
        return { kind: 'transient', code: transientCode(status), retryAt, outcomeUnknown: false }
    }
  }
  if (isStagedoorError(error)) {
    const retryAt = 'retryAt' in error ? error.retryAt : undefined
    return { kind: 'transient', code: error.code, retryAt, outcomeUnknown: false }
  }
  return { kind: 'transient', code: 'CONNECTION_REFRESH_FAILED', retryAt: undefined, outcomeUnknown: false }
}

function transientCode(status: number | undefined): ErrorCode {
  if (status === undefined) return 'API_UNREACHABLE'
  if (status === 429) return 'API_RATE_LIMITED'
  return status >= 500 ? 'API_SERVER_ERROR' : 'CONNECTION_REFRESH_FAILED'
}

/**
 * Thrown when the last refresh failed and the old access token has expired.
 *
 * @param retryAt epoch milliseconds of the next possible attempt
 */
export function refreshError(ownerId: string, code: string, retryAt?: number): ConnectionError | ConfigError {
  if (code === 'CONFIG_CLIENT_REJECTED') {
    return new ConfigError(
      code,
      'The authorization server does not accept the client id, its secret or this use of them.',
    )
  }
  return new ConnectionError(
    'CONNECTION_REFRESH_FAILED',
    'The access token could not be refreshed for now; the connection itself is kept.',
    { ownerId, retryAt },
  )
}

export function notFound(ownerId: string): ConnectionError {
  return new ConnectionError('CONNECTION_NOT_FOUND', 'This owner has no connection.', { ownerId })
}

export function needsReauth(ownerId: string): ConnectionError {
  return new ConnectionError('CONNECTION_NEEDS_REAUTH', 'The grant has ended; the user must sign in again.', {
    ownerId,
  })
}

/** @param retryAt epoch milliseconds at which the other process's lease ends */
export function pending(ownerId: string, retryAt: number | undefined): ConnectionError {
  return new ConnectionError(
    'CONNECTION_REFRESH_PENDING',
    'Another process is still refreshing this connection; try again.',
    { ownerId, retryAt },
  )
}

export function notStored(ownerId: string, cause?: unknown): ConnectionError {
  return new ConnectionError(
    'CONNECTION_NOT_STORED',
    'The token was refreshed but the store did not take it yet; it is kept in memory and the write goes on.',
    { ownerId, cause },
  )
}
