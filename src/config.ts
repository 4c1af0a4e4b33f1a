import type { ConnectionsOptions } from './connections/options.ts'
import { ConfigError } from './errors.ts'
import { Secret } from './internal/secret.ts'
import { loginKeys } from './oauth/login-keys.ts'
import { parseScopes } from './oauth/parse-scopes.ts'
import type { Scope } from './oauth/providers/spotify-scopes.ts'
import type { ApiOptions, SpotifyOptions } from './spotify/options.ts'

/**
 * Options of `createStagedoor`: those of {@link ConnectionsOptions} and {@link SpotifyOptions} that an application sets,
 * with the provider filled in.
 */
export interface StagedoorOptions
  extends Omit<ConnectionsOptions, 'provider' | 'scopes' | 'tokenCircuit' | 'apiHealth' | 'probe'>,
    Pick<SpotifyOptions, 'limiter' | 'appMode'> {
  /** The scopes requested from users. @default library, playlist and follow scopes */
  readonly scopes?: readonly Scope[] | undefined
  /** How the Web API is called. */
  readonly api?: ApiOptions | undefined
}

/**
 * Checks what `createStagedoor` itself is responsible for; each part checks its own.
 *
 * @throws ConfigError `CONFIG_MISSING`, `CONFIG_INVALID` or `CONFIG_LOGIN_KEY`
 */
export function checkOptions(options: StagedoorOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new ConfigError('CONFIG_MISSING', 'createStagedoor needs options.')
  const { appMode, store, vault } = options
  if (typeof store?.compareAndSet !== 'function') {
    throw new ConfigError(
      'CONFIG_MISSING',
      'store is missing: for one process, sqliteStore(path) from stagedoor/stores/sqlite.',
    )
  }
  if (typeof vault?.seal !== 'function') {
    throw new ConfigError('CONFIG_MISSING', 'vault is missing: createVault({ kms }), for instance with localKms.')
  }
  if (appMode !== undefined && appMode !== 'development' && appMode !== 'extended') {
    throw new ConfigError('CONFIG_INVALID', "appMode is 'development' or 'extended'.")
  }
  for (const [name, value] of Object.entries({ ...options.api, ...options.refresh })) {
    if (typeof value === 'number' && !(value >= 0)) {
      throw new ConfigError('CONFIG_INVALID', `${name} is a number of at least 0.`)
    }
  }
  loginKeys(options.loginKeys)
}

/** What {@link optionsFromEnv} reads. */
export interface EnvOptions extends Pick<StagedoorOptions, 'clientId' | 'redirectUri' | 'scopes' | 'appMode'> {
  readonly clientSecret?: Secret
  /** Newest first. */
  readonly loginKeys: readonly Secret[]
  /** For {@link localKms}. */
  readonly vaultKey?: Secret
}

/**
 * Reads options from environment variables: `SPOTIFY_CLIENT_ID`, `SPOTIFY_CLIENT_SECRET`, `SPOTIFY_REDIRECT_URI`,
 * `SPOTIFY_SCOPES` (separated by spaces or commas), `SPOTIFY_APP_MODE`, `STAGEDOOR_LOGIN_KEYS` (newest first, separated by
 * commas or spaces) and `STAGEDOOR_VAULT_KEY`. An empty variable counts as absent.
 *
 * The client secret and the keys are {@link Secret}s: they can be passed on, spread and logged, and show only to those who
 * call `reveal()`.
 *
 * @param env usually the environment of the process
 * @throws ConfigError `CONFIG_MISSING`, `CONFIG_INVALID` or `CONFIG_LOGIN_KEY`, naming the variable
 *
 * @example
 * ```ts
 * import { createStagedoor, createVault, localKms, optionsFromEnv } from 'stagedoor'
 *
 * const { vaultKey, ...options } = optionsFromEnv(process.env)
 * const vault = createVault({ kms: localKms({ keyId: 'main', key: vaultKey }) })
 * const stagedoor = createStagedoor({ ...options, store, vault })
 * ```
 */
export function optionsFromEnv(env: Readonly<Record<string, string | undefined>>): EnvOptions {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined
  const need = (name: string, what: string): string => {
    const value = read(name)
    if (value === undefined) throw new ConfigError('CONFIG_MISSING', `${name} is not set: ${what}.`)
    return value
  }
  const clientId = need('SPOTIFY_CLIENT_ID', "the client id from Spotify's dashboard")
  const redirectUri = need('SPOTIFY_REDIRECT_URI', "the callback URL as registered in Spotify's dashboard")
  const keys = need('STAGEDOOR_LOGIN_KEYS', '32 random bytes as base64url, made by "npx stagedoor keygen"')
  const keyList = keys
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((key) => new Secret(key))
  try {
    loginKeys(keyList)
  } catch {
    throw new ConfigError(
      'CONFIG_LOGIN_KEY',
      'STAGEDOOR_LOGIN_KEYS holds a key that is not 32 random bytes as base64url: run "npx stagedoor keygen".',
    )
  }
  const appMode = read('SPOTIFY_APP_MODE')
  if (appMode !== undefined && appMode !== 'development' && appMode !== 'extended') {
    throw new ConfigError('CONFIG_INVALID', "SPOTIFY_APP_MODE is 'development' or 'extended'.")
  }
  const clientSecret = read('SPOTIFY_CLIENT_SECRET')
  const scopes = parseScopes((read('SPOTIFY_SCOPES') ?? '').replace(/[\s,]+/g, ' '))
  const vaultKey = read('STAGEDOOR_VAULT_KEY')
  return {
    clientId,
    redirectUri,
    ...(clientSecret === undefined ? {} : { clientSecret: new Secret(clientSecret) }),
    ...(scopes.length === 0 ? {} : { scopes }),
    ...(appMode === undefined ? {} : { appMode: appMode as 'development' | 'extended' }),
    loginKeys: keyList,
    ...(vaultKey === undefined ? {} : { vaultKey: new Secret(vaultKey) }),
  }
}
