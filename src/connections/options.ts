import { ConfigError } from '../errors.ts'
import { base64url, randomBytes } from '../internal/bytes.ts'
import type { Secret } from '../internal/secret.ts'
import { type LoginKey, loginKeys } from '../oauth/login-keys.ts'
import { type OAuthOptions, type OAuthSettings, oauthSettings } from '../oauth/settings.ts'
import type { TokenCircuit } from '../oauth/token-circuit.ts'
import type { TokenStore } from '../stores/store.ts'
import type { Vault } from '../vault/vault.ts'
import type { ApiHealth } from './health/health.ts'

/** How access tokens are refreshed. All times in milliseconds. */
export interface RefreshOptions {
  /** An access token is refreshed when it has no more than this left. @default 300_000 */
  readonly margin?: number | undefined
  /** How long one token request may take. @default 10_000 */
  readonly timeout?: number | undefined
  /**
   * How long one process may hold a connection for a refresh. At least 1,000 more than `timeout`, so that the
   * response can still be stored. Measured by the store's clock where it has one. @default 20_000
   */
  readonly lease?: number | undefined
  /**
   * Whether a refresh may run on after the call that began it. A call whose token is still valid then never waits. False for
   * platforms that stop a process after its response: such a call waits for at most a second.
   * @default true
   */
  readonly background?: boolean | undefined
  /** Keeps the platform from stopping the process until the promise is settled, such as that of Vercel or of Workers. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
}

/** Options of {@link createConnections}. */
export interface ConnectionsOptions extends OAuthOptions {
  /** Scopes requested at sign-in. @default the provider's default scopes */
  readonly scopes?: readonly string[] | undefined
  /** Where connections are kept. */
  readonly store: TokenStore
  /** What seals their tokens. */
  readonly vault: Vault
  /** 32 random bytes each, or their base64url, newest first: they seal and open the login cookie. */
  readonly loginKeys: readonly (Uint8Array | string | Secret<string | Uint8Array>)[]
  readonly refresh?: RefreshOptions | undefined
  /** Runs every request to the token endpoint, e.g. in a circuit breaker. Its own errors mean that nothing was sent. */
  readonly tokenCircuit?: TokenCircuit | undefined
  /** The current state of the provider's API for this application, for `health`. */
  readonly apiHealth?: (() => ApiHealth) | undefined
  /** Makes one real request for `health({ probe: true })`. @default the provider's account look-up */
  readonly probe?:
    | ((ownerId: string, options: { readonly signal?: AbortSignal | undefined }) => Promise<void>)
    | undefined
}

/** The validated options with all defaults. */
export interface ConnectionsSettings extends OAuthSettings {
  readonly scopes: readonly string[]
  readonly store: TokenStore
  readonly vault: Vault
  readonly loginKeys: readonly LoginKey[]
  readonly margin: number
  readonly timeout: number
  readonly lease: number
  readonly background: boolean
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined
  /** Identifies this instance in leases. */
  readonly instance: string
  /** Milliseconds that only this process measures, and that never go back: with it the process waits for leases. */
  readonly clock: () => number
}

/** Milliseconds. */
export const defaultLease = 20_000
/** Milliseconds reserved for the store between the end of the slowest token request and the end of its lease. */
const storeMargin = 1000

/**
 * Checks the options of connections.
 *
 * @throws ConfigError `CONFIG_MISSING`, `CONFIG_INVALID`, `CONFIG_REDIRECT_URI`, `CONFIG_ENDPOINT`, `CONFIG_LOGIN_KEY`
 *   or `CONFIG_LEASE`
 */
export function connectionsSettings(options: ConnectionsOptions): ConnectionsSettings {
  const oauth = oauthSettings(options)
  if (typeof options.store?.compareAndSet !== 'function') {
    throw new ConfigError('CONFIG_MISSING', 'store is missing: a TokenStore such as sqliteStore(path).')
  }
  if (typeof options.vault?.seal !== 'function') {
    throw new ConfigError('CONFIG_MISSING', 'vault is missing: tokens are never stored without one. See createVault.')
  }
  return {
    ...oauth,
    ...refreshSettings(options.refresh),
    background: options.refresh?.background ?? true,
    waitUntil: options.refresh?.waitUntil,
    scopes: [...(options.scopes ?? oauth.provider.defaultScopes)],
    store: options.store,
    vault: options.vault,
    loginKeys: loginKeys(options.loginKeys),
    instance: base64url(randomBytes(16)),
    clock: options.now ?? (() => performance.now()),
  }
}

/** @throws ConfigError `CONFIG_LEASE` */
export function refreshSettings(options: RefreshOptions = {}): { margin: number; timeout: number; lease: number } {
  const { margin = 300_000, timeout = 10_000, lease = defaultLease } = options
  for (const [name, value, least] of [
    ['margin', margin, 0],
    ['timeout', timeout, 1],
    ['lease', lease, 1],
  ] as const) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > 86_400_000) {
      throw new ConfigError('CONFIG_LEASE', `refresh.${name} is a whole number of milliseconds, at most one day.`)
    }
  }
  if (lease < timeout + storeMargin) {
    throw new ConfigError(
      'CONFIG_LEASE',
      `refresh.lease must exceed refresh.timeout by at least ${storeMargin} ms, or two processes could refresh at once.`,
    )
  }
  return { margin, timeout, lease }
}
