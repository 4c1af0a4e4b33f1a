import { ConfigError } from '../errors.ts'
import { plain, Secret } from '../internal/secret.ts'
import { checkEndpoint, defineProvider, type Provider, type ProviderEndpoints } from './provider.ts'
import { checkRedirectUri } from './redirect-uri.ts'

/** What every part of an OAuth client is built from. */
export interface OAuthOptions {
  readonly provider: Provider
  /** The client id of your application at the provider. */
  readonly clientId: string
  /** Present for a confidential application. */
  readonly clientSecret?: string | Secret | undefined
  /** The callback URL registered with the provider, which compares it exactly: https, or http on 127.0.0.1 or [::1]. */
  readonly redirectUri: string
  /** Replaces the provider's endpoints, e.g. with those of a fake: https, or http on a loopback address. */
  readonly endpoints?: { readonly [Name in keyof ProviderEndpoints]?: string | undefined } | undefined
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** The same after the checks, with every default filled in. */
export interface OAuthSettings {
  readonly provider: Provider
  readonly clientId: string
  readonly clientSecret: Secret | undefined
  readonly redirectUri: string
  readonly endpoints: ProviderEndpoints
  readonly fetch: typeof fetch
  readonly now: () => number
}

/**
 * Checks the options of an OAuth client.
 *
 * @throws ConfigError `CONFIG_MISSING`, `CONFIG_INVALID`, `CONFIG_REDIRECT_URI` or `CONFIG_ENDPOINT`
 */
export function oauthSettings(options: OAuthOptions): OAuthSettings {
  if (typeof options?.provider !== 'object' || options.provider === null) {
    throw new ConfigError('CONFIG_MISSING', 'provider is missing: spotifyProvider, or one made with defineProvider.')
  }
  const provider = defineProvider(options.provider)
  const { clientId, redirectUri } = options
  const clientSecret = plain(options.clientSecret)
  if (typeof clientId !== 'string' || clientId === '') {
    throw new ConfigError('CONFIG_MISSING', 'clientId is missing: the client id of your application at the provider.')
  }
  if (/[\s]/.test(clientId)) throw new ConfigError('CONFIG_INVALID', 'clientId contains white space.')
  if (clientSecret !== undefined && (typeof clientSecret !== 'string' || clientSecret.trim() !== clientSecret)) {
    throw new ConfigError(
      'CONFIG_INVALID',
      'clientSecret is a string without white space around it, a Secret of one, or undefined.',
    )
  }
  checkRedirectUri(redirectUri, provider)
  const given = Object.entries(options.endpoints ?? {}).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined
  })
  for (const [, url] of given) checkEndpoint(url)
  const endpoints = { ...provider.endpoints, ...Object.fromEntries(given) }
  return {
    provider,
    clientId,
    clientSecret: clientSecret === undefined || clientSecret === '' ? undefined : new Secret(clientSecret),
    redirectUri,
    endpoints: { ...endpoints, ...(endpoints.api === undefined ? {} : { api: endpoints.api.replace(/\/+$/, '') }) },
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    now: options.now ?? Date.now,
  }
}
