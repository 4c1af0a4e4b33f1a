/** Codes of {@link ConfigError}: the developer must change the configuration. */
export type ConfigErrorCode =
  | 'CONFIG_MISSING'
  | 'CONFIG_INVALID'
  | 'CONFIG_REDIRECT_URI'
  | 'CONFIG_ENDPOINT'
  | 'CONFIG_LOGIN_KEY'
  | 'CONFIG_VAULT_KEY'
  | 'CONFIG_LEASE'
  | 'CONFIG_CLIENT_REJECTED'
  | 'CONFIG_UNSUPPORTED_CLIENT'

/** Codes of {@link LoginError}: send the user back to the start of sign-in. */
export type LoginErrorCode =
  | 'LOGIN_COOKIE_MISSING'
  | 'LOGIN_EXPIRED'
  | 'LOGIN_ALREADY_USED'
  | 'LOGIN_STATE_MISMATCH'
  | 'LOGIN_OWNER_MISMATCH'
  | 'LOGIN_ISSUER_MISMATCH'
  | 'LOGIN_CALLBACK_INVALID'
  | 'LOGIN_DENIED'
  | 'LOGIN_PROVIDER_ERROR'
  | 'LOGIN_CODE_REJECTED'
  | 'LOGIN_UNAVAILABLE'
  | 'LOGIN_NO_REFRESH_TOKEN'
  | 'LOGIN_USER_NOT_ALLOWED'

/** Codes of {@link ConnectionError}: ask the user to reconnect, or try later. */
export type ConnectionErrorCode =
  | 'CONNECTION_NOT_FOUND'
  | 'CONNECTION_NEEDS_REAUTH'
  | 'CONNECTION_REFRESH_FAILED'
  | 'CONNECTION_REFRESH_PENDING'
  | 'CONNECTION_NOT_STORED'
  | 'CONNECTION_CHANGED'

/** Codes of {@link StoreError}: the operator of the database acts. */
export type StoreErrorCode = 'STORE_UNAVAILABLE' | 'STORE_CORRUPT' | 'STORE_NOT_MIGRATED'

/** Codes of {@link VaultError}: the operator of the keys acts. */
export type VaultErrorCode =
  | 'VAULT_MALFORMED'
  | 'VAULT_KEY_UNKNOWN'
  | 'VAULT_DECRYPT_FAILED'
  | 'VAULT_KMS_DENIED'
  | 'VAULT_KMS_UNAVAILABLE'
  | 'VAULT_KMS_THROTTLED'
  | 'VAULT_KEY_DISABLED'

/** Codes of {@link SpotifyApiError}: Spotify refused the request or did not respond. */
export type SpotifyApiErrorCode =
  | 'API_BAD_REQUEST'
  | 'API_INVALID_LIMIT'
  | 'API_UNAUTHORIZED'
  | 'API_FORBIDDEN'
  | 'API_MISSING_SCOPE'
  | 'API_USER_NOT_ALLOWED'
  | 'API_OWNER_NOT_PREMIUM'
  | 'API_PREMIUM_REQUIRED'
  | 'API_NO_ACTIVE_DEVICE'
  | 'API_NOT_FOUND'
  | 'API_ENDPOINT_UNAVAILABLE'
  | 'API_RATE_LIMITED'
  | 'API_QUOTA_EXCEEDED'
  | 'API_SERVER_ERROR'
  | 'API_UNREACHABLE'
  | 'API_TIMEOUT'
  | 'API_CIRCUIT_OPEN'
  | 'API_QUEUE_FULL'
  | 'API_BAD_RESPONSE'
  | 'API_PARTLY_DONE'
  | 'API_CLOSED'

/** Every code an error of this package can carry. */
export type ErrorCode =
  | ConfigErrorCode
  | LoginErrorCode
  | ConnectionErrorCode
  | StoreErrorCode
  | VaultErrorCode
  | SpotifyApiErrorCode
