import type {
  ConfigErrorCode,
  ConnectionErrorCode,
  ErrorCode,
  LoginErrorCode,
  SpotifyApiErrorCode,
  StoreErrorCode,
  VaultErrorCode,
} from './error-codes.ts'

export type * from './error-codes.ts'

/** Options of every error of this package. */
export interface ErrorDetails {
  /** The original error. Pass it only if it cannot carry a token, code, key or cookie. */
  readonly cause?: unknown
  /** Whether the same call may succeed later without anyone acting. Each class has its own default. */
  readonly retryable?: boolean
}

const brand = Symbol.for('stagedoor.error')

/**
 * The base of every error of this package. The class shows who must act, `code` what happened.
 * Messages are constant sentences without ids, tokens, codes or keys.
 */
export abstract class StagedoorError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code
  /** Whether the same call may succeed later without anyone acting. */
  readonly retryable: boolean

  constructor(code: Code, message: string, details: ErrorDetails, retryable: boolean) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.retryable = details.retryable ?? retryable
    Object.defineProperty(this, brand, { value: true })
  }

  /** Name, code, message and `retryable`, and nothing else: safe to log or to send in a response. */
  toJSON(): { name: string; code: Code; message: string; retryable: boolean } {
    return { name: this.name, code: this.code, message: this.message, retryable: this.retryable }
  }
}

/** The developer must change the configuration. Never retryable. */
export class ConfigError extends StagedoorError<ConfigErrorCode> {
  override readonly name = 'ConfigError'
  constructor(code: ConfigErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details, false)
  }
}

/** Sign-in failed: send the user back to its start. `setCookies` (not enumerable) clears the login cookie. */
export class LoginError extends StagedoorError<LoginErrorCode> {
  override readonly name = 'LoginError'
  declare readonly setCookies: readonly string[]
  /** Epoch milliseconds before which a retry is useless, if the authorization server said so. */
  declare readonly retryAt?: number
  constructor(
    code: LoginErrorCode,
    message: string,
    details: ErrorDetails & { readonly setCookies?: readonly string[]; readonly retryAt?: number | undefined } = {},
  ) {
    super(code, message, details, code === 'LOGIN_UNAVAILABLE')
    Object.defineProperty(this, 'setCookies', { value: details.setCookies ?? [], enumerable: false })
    if (details.retryAt !== undefined)
      Object.defineProperty(this, 'retryAt', { value: details.retryAt, enumerable: true })
  }
}

/** A connection cannot return a token: ask the user to reconnect, or try later when `retryable`. */
export class ConnectionError extends StagedoorError<ConnectionErrorCode> {
  override readonly name = 'ConnectionError'
  /** The owner of the connection: the application's own id, as it was passed in. */
  readonly ownerId: string
  /** Epoch milliseconds before which a retry is useless, if known: the server's Retry-After, a backoff or a lease. */
  declare readonly retryAt?: number
  constructor(
    code: ConnectionErrorCode,
    message: string,
    details: ErrorDetails & { readonly ownerId: string; readonly retryAt?: number | undefined },
  ) {
    super(code, message, details, code !== 'CONNECTION_NOT_FOUND' && code !== 'CONNECTION_NEEDS_REAUTH')
    this.ownerId = details.ownerId
    if (details.retryAt !== undefined)
      Object.defineProperty(this, 'retryAt', { value: details.retryAt, enumerable: true })
  }
}

/** The operator of the database must act, or wait when `retryable`. */
export class StoreError extends StagedoorError<StoreErrorCode> {
  override readonly name = 'StoreError'
  /** For `STORE_CORRUPT` (not enumerable): the record's revision if it can be read, to replace or delete the record with. */
  declare readonly revision?: string
  constructor(
    code: StoreErrorCode,
    message: string,
    details: ErrorDetails & { readonly revision?: string | undefined } = {},
  ) {
    super(code, message, details, code === 'STORE_UNAVAILABLE')
    if (details.revision !== undefined) Object.defineProperty(this, 'revision', { value: details.revision })
  }
}

/** The operator of the keys must act, or wait when `retryable`. */
export class VaultError extends StagedoorError<VaultErrorCode> {
  override readonly name = 'VaultError'
  constructor(code: VaultErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details, code === 'VAULT_KMS_UNAVAILABLE' || code === 'VAULT_KMS_THROTTLED')
  }
}

/** Details of a {@link SpotifyApiError}. */
export interface SpotifyApiErrorDetails extends ErrorDetails {
  /** HTTP status of the response, if there was one. */
  readonly status?: number | undefined
  /** Epoch milliseconds before which a retry is useless. */
  readonly retryAt?: number | undefined
  /** Spotify's own machine-readable reason, e.g. `QUOTA_EXCEEDED` or `NO_ACTIVE_DEVICE`. */
  readonly reason?: string | undefined
  /** The operation: method and path template, without ids and query. */
  readonly request?: { readonly method: string; readonly path: string } | undefined
  /** What the developer or the user can do, where it is known. */
  readonly action?: string | undefined
  /** Spotify's own message, without anything that could identify a person or an object. */
  readonly detail?: string | undefined
  /** For `API_MISSING_SCOPE`: the scopes the operation needs. */
  readonly scopes?: readonly string[] | undefined
  /** For `API_PARTLY_DONE`: the URIs that were processed before the failure. */
  readonly done?: readonly string[] | undefined
}

const retryableApiCodes: ReadonlySet<string> = new Set<SpotifyApiErrorCode>([
  'API_RATE_LIMITED',
  'API_QUOTA_EXCEEDED',
  'API_SERVER_ERROR',
  'API_UNREACHABLE',
  'API_TIMEOUT',
  'API_CIRCUIT_OPEN',
  'API_QUEUE_FULL',
])

/** Spotify refused the request or did not respond. */
export class SpotifyApiError extends StagedoorError<SpotifyApiErrorCode> {
  override readonly name = 'SpotifyApiError'
  declare readonly status?: number
  declare readonly retryAt?: number
  declare readonly reason?: string
  declare readonly request?: { readonly method: string; readonly path: string }
  declare readonly action?: string
  declare readonly detail?: string
  declare readonly scopes?: readonly string[]
  declare readonly done?: readonly string[]
  constructor(code: SpotifyApiErrorCode, message: string, details: SpotifyApiErrorDetails = {}) {
    super(code, message, details, retryableApiCodes.has(code))
    const { cause: _, retryable: __, ...facts } = details
    for (const [key, value] of Object.entries(facts)) {
      if (value !== undefined) Object.defineProperty(this, key, { value, enumerable: true })
    }
  }
}

/** Every concrete error of this package: `switch (error.code)` narrows to the class. */
export type AnyStagedoorError = ConfigError | LoginError | ConnectionError | StoreError | VaultError | SpotifyApiError

/**
 * Whether `value` is an error of this package, also when another copy of the package created it.
 *
 * @example
 * ```ts
 * import { isStagedoorError } from 'stagedoor'
 *
 * try {
 *   await stagedoor.client(userId).me.get()
 * } catch (error) {
 *   if (!isStagedoorError(error) || error.code !== 'CONNECTION_NEEDS_REAUTH') throw error
 *   return redirect('/api/v1/spotify/auth')
 * }
 * ```
 */
export function isStagedoorError(value: unknown): value is AnyStagedoorError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}

/** A wrong argument in a call: a `TypeError` with the code `INVALID_ARGUMENT`. */
export function invalidArgument(message: string): TypeError & { readonly code: 'INVALID_ARGUMENT' } {
  return Object.assign(new TypeError(message), { code: 'INVALID_ARGUMENT' as const })
}
