import { ConfigError, ConnectionError, type ErrorCode, isStagedoorError } from '../../errors.ts'
import { TokenEndpointError } from '../../oauth/token-endpoint.ts'

/** What a failed token request means for its connection. */
export interface RefreshFailure {
  /** `ended`: confirm against the store. `config`: the developer must act. `transient`: retry later. */
  readonly kind: 'ended' | 'config' | 'transient'
  readonly code: ErrorCode
  /** Epoch milliseconds, from the server's Retry-After. */
  readonly retryAt: number | undefined
  /**
   * `provider`: the server said it, which holds for every process. `process`: this process could not reach the server,
   * is configured in a way that it rejects, or cannot seal or open; says nothing about the connection.
   */
  readonly origin: 'provider' | 'process'
  /** Whether it concerns every connection of this process, such as a network without a route. */
  readonly general: boolean
  /** Whether the server may still process the request: it is not repeated within its lease. */
  readonly outcomeUnknown: boolean
  /** Whether the same request may be sent again at once, if the refresh token still works after it was used. */
  readonly repeatable: 'never' | 'if not spent' | 'always'
}

const base = { retryAt: undefined, outcomeUnknown: false, general: false, repeatable: 'never' } as const

/** Only `400 invalid_grant` can end a connection. Unknown errors are transient. */
export function refreshFailure(error: unknown, timedOut: boolean): RefreshFailure {
  const ofProcess = { ...base, kind: 'transient', origin: 'process' } as const
  if (timedOut) return { ...ofProcess, code: 'API_TIMEOUT', general: true, outcomeUnknown: true }
  if (error instanceof TokenEndpointError) return endpointFailure(error)
  if (!isStagedoorError(error)) return { ...ofProcess, code: 'CONNECTION_REFRESH_FAILED' }
  return { ...ofProcess, code: error.code, retryAt: 'retryAt' in error ? error.retryAt : undefined }
}

function endpointFailure({ kind, status, retryAt, sent }: TokenEndpointError): RefreshFailure {
  switch (kind) {
    case 'invalid_grant':
      return { ...base, kind: 'ended', code: 'CONNECTION_NEEDS_REAUTH', origin: 'provider' }
    case 'client_rejected':
      return { ...base, kind: 'config', code: 'CONFIG_CLIENT_REJECTED', origin: 'process', general: true }
    case 'rejected':
      return { ...base, kind: 'transient', code: transientCode(status), origin: 'process', retryAt }
    case 'transient': {
      const repeatable = !sent ? 'always' : status === undefined || gatewayErrors.has(status) ? 'if not spent' : 'never'
      const unreachable = status === undefined
      // Anything else may come from a proxy on the way of this process.
      const fromServer = !unreachable && (status >= 500 || status === 429 || retryAt !== undefined)
      const origin = fromServer ? 'provider' : 'process'
      return { ...base, kind, code: transientCode(status), origin, general: unreachable, retryAt, repeatable }
    }
  }
}

/** A response of 200 without tokens was cut on its way; the others come from a gateway in front of the server. */
const gatewayErrors: ReadonlySet<number> = new Set([200, 502, 503, 504])

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
