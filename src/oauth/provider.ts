import { ConfigError } from '../errors.ts'
import { isLoopback } from '../internal/loopback.ts'

/** The user's account at the provider. */
export interface Account {
  /** Stable id for linking accounts. */
  readonly id: string
  /** Display name, if the provider returns one. */
  readonly name?: string | undefined
}

/** The URLs of a provider. */
export interface ProviderEndpoints {
  /** Authorization endpoint, RFC 6749 §3.1. */
  readonly authorization: string
  /** Token endpoint, RFC 6749 §3.2. */
  readonly token: string
  /** Base URL of the API, without a trailing slash. */
  readonly api?: string | undefined
  /** Revocation endpoint, RFC 7009, if the provider documents one. */
  readonly revocation?: string | undefined
}

/** The input of {@link Provider.account}. */
export interface AccountRequest {
  readonly accessToken: string
  readonly endpoints: ProviderEndpoints
  /** The `fetch` of the application. */
  readonly fetch: typeof fetch
  readonly signal?: AbortSignal | undefined
}

/**
 * The result of {@link Provider.account}. Only `refused` ends a sign-in; after `unavailable` the account is looked up
 * again later.
 */
export type AccountResponse =
  | { readonly outcome: 'found'; readonly account: Account }
  | { readonly outcome: 'unavailable' }
  | { readonly outcome: 'refused' }

/** An OAuth 2.0 authorization server and the rules of its grants. A definition is all that another service needs. */
export interface Provider {
  /** Short stable name, stored with every connection. */
  readonly id: string
  /** Issuer identifier, compared with `iss` in the callback where it is sent (RFC 9207). */
  readonly issuer: string
  readonly endpoints: ProviderEndpoints
  /** The scopes to request when the application names none. */
  readonly defaultScopes: readonly string[]
  /** @default ' ' */
  readonly scopeSeparator?: string | undefined
  /** How a confidential client authenticates at the token endpoint. @default 'basic' */
  readonly clientAuthentication?: 'basic' | 'post' | undefined
  /** Added to every authorization request. `showDialog` shows the consent page again. */
  readonly authorizationParameters?:
    | ((input: { readonly showDialog: boolean }) => Readonly<Record<string, string>>)
    | undefined
  /**
   * The rule for redirect URIs that are valid by RFC 6749 §3.1.2: returns why the provider refuses one, as the end of a
   * sentence such as "redirectUri must use https.", or `undefined` if it accepts it.
   * @default https, or http on a loopback address (RFC 8252 §7.3, RFC 9700 §2.1)
   */
  readonly redirectUriProblem?: ((uri: URL) => string | undefined) | undefined
  /**
   * False if a refresh token works again after it was used. Then a token request whose response was lost may be repeated at
   * once. @default true
   */
  readonly refreshTokensRotate?: boolean | undefined
  /** Calendar months from the user's authorization to the end of the grant; absent when it does not end by itself. */
  readonly grantMonths?: number | undefined
  /** Lifetime of an access token in seconds when the response has no `expires_in`. @default 3600 */
  readonly defaultExpiresIn?: number | undefined
  /** Looks up the account after sign-in. Must not throw, except when the caller aborts. */
  readonly account?: ((request: AccountRequest) => Promise<AccountResponse>) | undefined
  /** A page where the user can remove the application's access. */
  readonly manageUrl?: string | undefined
}

/**
 * Checks a provider definition and freezes it.
 *
 * @throws ConfigError `CONFIG_INVALID` when a part is missing or malformed; `CONFIG_ENDPOINT`
 *
 * @example
 * ```ts
 * import { defineProvider } from 'stagedoor/oauth'
 *
 * const provider = defineProvider({
 *   id: 'example',
 *   issuer: 'https://login.example.com',
 *   endpoints: {
 *     authorization: 'https://login.example.com/authorize',
 *     token: 'https://login.example.com/token',
 *   },
 *   defaultScopes: ['profile'],
 * })
 * ```
 */
export function defineProvider<P extends Provider>(provider: P): Readonly<P> {
  const { id, issuer, endpoints, defaultScopes } = provider ?? {}
  if (typeof id !== 'string' || !/^[a-z0-9][a-z0-9-]{0,31}$/.test(id)) {
    throw new ConfigError('CONFIG_INVALID', 'A provider id is 1 to 32 lower-case letters, digits and hyphens.')
  }
  if (!issuer || typeof endpoints !== 'object' || endpoints === null || !Array.isArray(defaultScopes)) {
    throw new ConfigError('CONFIG_INVALID', 'A provider has an issuer, endpoints and an array of defaultScopes.')
  }
  for (const url of [provider.endpoints.authorization, provider.endpoints.token]) checkEndpoint(url)
  for (const url of [provider.endpoints.api, provider.endpoints.revocation]) if (url !== undefined) checkEndpoint(url)
  if (provider.grantMonths !== undefined && !(provider.grantMonths > 0)) {
    throw new ConfigError('CONFIG_INVALID', 'grantMonths is a positive number of calendar months.')
  }
  return Object.freeze({ ...provider, endpoints: Object.freeze({ ...provider.endpoints }) })
}

/**
 * Checks that an endpoint is an absolute https URL, or http on a loopback address.
 *
 * @throws ConfigError `CONFIG_ENDPOINT`
 */
export function checkEndpoint(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') {
    throw new ConfigError('CONFIG_ENDPOINT', 'An endpoint is an absolute URL without credentials and fragment.')
  }
  if (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback(parsed.hostname, { localhost: true })))
    return parsed
  throw new ConfigError('CONFIG_ENDPOINT', 'An endpoint uses https, or http on a loopback address.')
}

/**
 * The end of a grant in epoch milliseconds: `grantMonths` calendar months after authorization, on the last day if that
 * month is shorter.
 */
export function grantEnd(provider: Provider, authorizedAt: number): number {
  if (provider.grantMonths === undefined) return 8.64e15
  const start = new Date(authorizedAt)
  const end = new Date(authorizedAt)
  end.setUTCMonth(end.getUTCMonth() + provider.grantMonths)
  if (end.getUTCDate() !== start.getUTCDate()) end.setUTCDate(0)
  return end.getTime()
}
