import { ConfigError } from '../errors.ts'

/** Who the account at the provider is. */
export interface Account {
  /** Stable id for linking accounts. */
  readonly id: string
  /** Display name, if the provider tells one. */
  readonly name?: string | undefined
}

/** Where a provider's servers are. */
export interface ProviderEndpoints {
  /** Authorization endpoint, RFC 6749 §3.1. */
  readonly authorization: string
  /** Token endpoint, RFC 6749 §3.2. */
  readonly token: string
  /** Base of the API, without a slash at the end. */
  readonly api?: string | undefined
  /** Revocation endpoint, RFC 7009, if the provider documents one. */
  readonly revocation?: string | undefined
}

/** What {@link Provider.account} may use. */
export interface AccountRequest {
  readonly accessToken: string
  readonly endpoints: ProviderEndpoints
  /** The `fetch` of the application. */
  readonly fetch: typeof fetch
  readonly signal?: AbortSignal | undefined
}

/** The answer of an account look-up. Only `refused` ends a sign-in; `unavailable` is looked up again later. */
export type AccountResponse =
  | { readonly outcome: 'found'; readonly account: Account }
  | { readonly outcome: 'unavailable' }
  | { readonly outcome: 'refused' }

/** An OAuth 2.0 authorization server and the facts about its grants: another service is a definition, not a fork. */
export interface Provider {
  /** Short stable name, stored with every connection. */
  readonly id: string
  /** Issuer identifier, compared with `iss` in the callback where it is sent (RFC 9207). */
  readonly issuer: string
  readonly endpoints: ProviderEndpoints
  /** What is asked for when the application names no scopes. */
  readonly defaultScopes: readonly string[]
  /** @default ' ' */
  readonly scopeSeparator?: string | undefined
  /** How a confidential client authenticates at the token endpoint. @default 'basic' */
  readonly clientAuthentication?: 'basic' | 'post' | undefined
  /** Added to every authorization request. `showDialog` asks for consent again. */
  readonly authorizationParameters?:
    | ((input: { readonly showDialog: boolean }) => Readonly<Record<string, string>>)
    | undefined
  /** Calendar months from the user's authorization to the end of the grant; absent when it does not end by itself. */
  readonly grantMonths?: number | undefined
  /** Seconds that an access token lives when the answer does not say. @default 3600 */
  readonly defaultExpiresIn?: number | undefined
  /** Looks the account up after sign-in. Must not throw, except the caller's abort. */
  readonly account?: ((request: AccountRequest) => Promise<AccountResponse>) | undefined
  /** A page where the user can remove the application's access. */
  readonly manageUrl?: string | undefined
}

/**
 * Checks a provider definition and freezes it.
 *
 * @throws ConfigError `CONFIG_INVALID` when a part is missing or malformed
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
  if (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback(parsed.hostname))) return parsed
  throw new ConfigError('CONFIG_ENDPOINT', 'An endpoint uses https, or http on a loopback address.')
}

/** Whether a URL's hostname is this machine: 127.0.0.0/8, ::1 or localhost. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** The end of a grant, in epoch milliseconds: calendar months after authorization, the last day of a shorter month. */
export function grantEnd(provider: Provider, authorizedAt: number): number {
  if (provider.grantMonths === undefined) return 8.64e15
  const start = new Date(authorizedAt)
  const end = new Date(authorizedAt)
  end.setUTCMonth(end.getUTCMonth() + provider.grantMonths)
  if (end.getUTCDate() !== start.getUTCDate()) end.setUTCDate(0)
  return end.getTime()
}
