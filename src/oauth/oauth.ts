import { ConfigError, invalidArgument, LoginError } from '../errors.ts'
import type { CallOptions } from '../internal/signal.ts'
import { readCallback } from './callback.ts'
import { oauth4webapi } from './oauth4webapi.ts'
import { type OAuthOptions, type OAuthSettings, oauthSettings } from './settings.ts'
import { createTokenEndpoint, type TokenEndpoint, TokenEndpointError } from './token-endpoint.ts'
import type { TokenSet } from './token-set.ts'
import { createState, type LoginTransaction, transactionLifetime } from './transaction.ts'

/** Options of {@link OAuth.authorize}. */
export interface AuthorizeInput {
  /** @default the provider's default scopes */
  readonly scopes?: readonly string[] | undefined
  /** Shows the consent page even if the user has already agreed. */
  readonly showDialog?: boolean | undefined
}

/** The OAuth 2.0 protocol of one client, without storage. */
export interface OAuth {
  /**
   * The authorization URL (code flow, PKCE S256, random state) and the transaction to keep until the callback.
   * @throws TypeError `INVALID_ARGUMENT` for a scope with white space or quotes
   */
  authorize(input?: AuthorizeInput): Promise<{ url: URL; transaction: LoginTransaction }>
  /**
   * Checks the callback and exchanges its code. Use a transaction once.
   * @throws LoginError with a code for each failure; `LOGIN_UNAVAILABLE` when the server returned no usable response
   * @throws ConfigError `CONFIG_CLIENT_REJECTED`
   */
  exchange(input: { url: URL; transaction: LoginTransaction }, options?: CallOptions): Promise<TokenSet>
  /**
   * Exchanges a refresh token. If the result has no `refreshToken`, keep the current one.
   * @param input.scopes the scopes of the grant, assumed when the response names none
   * @throws LoginError `LOGIN_CODE_REJECTED` when the grant has ended, `LOGIN_UNAVAILABLE` (retryable) otherwise
   * @throws ConfigError `CONFIG_CLIENT_REJECTED`
   */
  refresh(input: { refreshToken: string; scopes: readonly string[] }, options?: CallOptions): Promise<TokenSet>
  /**
   * A token for the application itself, without a user (RFC 6749 §4.4).
   * @throws ConfigError `CONFIG_MISSING` without a client secret; `CONFIG_CLIENT_REJECTED`
   * @throws LoginError `LOGIN_UNAVAILABLE`
   */
  clientCredentials(options?: CallOptions): Promise<TokenSet>
}

/**
 * Sign-in on its own.
 *
 * @throws ConfigError `CONFIG_MISSING`, `CONFIG_INVALID`, `CONFIG_REDIRECT_URI` or `CONFIG_ENDPOINT`
 *
 * @example
 * ```ts
 * import { createOAuth, spotifyProvider } from 'stagedoor/oauth'
 *
 * const oauth = createOAuth({ provider: spotifyProvider, clientId, redirectUri: 'http://127.0.0.1:3000/callback' })
 * const { url, transaction } = await oauth.authorize({ scopes: ['user-library-read'] })
 * // Send the browser to `url`, keep `transaction`; then, with the URL that Spotify redirects to:
 * const tokens = await oauth.exchange({ url: new URL(request.url), transaction })
 * ```
 */
export function createOAuth(options: OAuthOptions): OAuth {
  const settings = oauthSettings(options)
  return composeOAuth(settings, createTokenEndpoint(settings))
}

/** Like {@link createOAuth}, with a token endpoint that is shared with other callers. */
export function composeOAuth(settings: OAuthSettings, tokenEndpoint: TokenEndpoint): OAuth {
  const { provider, endpoints, clientId, redirectUri, now } = settings
  return {
    async authorize(input = {}) {
      const scopes = [...new Set(input.scopes ?? provider.defaultScopes)]
      for (const scope of scopes) {
        if (typeof scope !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) {
          throw invalidArgument('A scope is a string without white space, quotes and backslashes (RFC 6749 §3.3).')
        }
      }
      const { calculatePKCECodeChallenge, generateRandomCodeVerifier } = await oauth4webapi.load()
      const codeVerifier = generateRandomCodeVerifier()
      const { id, state } = createState()
      const url = new URL(endpoints.authorization)
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        ...(scopes.length === 0 ? {} : { scope: scopes.join(provider.scopeSeparator ?? ' ') }),
        state,
        code_challenge_method: 'S256',
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        ...provider.authorizationParameters?.({ showDialog: input.showDialog === true }),
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      const expiresAt = now() + transactionLifetime
      return { url, transaction: { id, state, codeVerifier, redirectUri, scopes, expiresAt } }
    },
    async exchange({ url, transaction }, callOptions) {
      const callback = await readCallback(url, transaction, settings)
      const { codeVerifier, scopes } = transaction
      const request = { callback, redirectUri: transaction.redirectUri, codeVerifier, scopes }
      return await withPublicErrors(tokenEndpoint.exchange(request, callOptions))
    },
    async refresh(input, callOptions) {
      if (typeof input.refreshToken !== 'string' || input.refreshToken === '') {
        throw invalidArgument('refreshToken is a string that is not empty.')
      }
      return await withPublicErrors(tokenEndpoint.refresh(input, callOptions))
    },
    async clientCredentials(callOptions) {
      if (settings.clientSecret === undefined) {
        throw new ConfigError(
          'CONFIG_MISSING',
          'clientSecret is missing: only a confidential application has its own token.',
        )
      }
      return await withPublicErrors(tokenEndpoint.clientCredentials(callOptions))
    },
  }
}

/** Turns the error of a failed token request into the public one; an abort by the caller is rethrown unchanged. */
async function withPublicErrors<T>(request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (error) {
    throw error instanceof TokenEndpointError ? toPublicError(error) : error
  }
}

function toPublicError(error: TokenEndpointError): LoginError | ConfigError {
  switch (error.kind) {
    case 'client_rejected':
      return new ConfigError('CONFIG_CLIENT_REJECTED', error.message, { cause: error })
    case 'invalid_grant':
      return new LoginError('LOGIN_CODE_REJECTED', error.message, { cause: error })
    case 'rejected':
      return new LoginError('LOGIN_PROVIDER_ERROR', error.message, { cause: error })
    case 'transient':
      return new LoginError('LOGIN_UNAVAILABLE', error.message, { cause: error, retryAt: error.retryAt })
  }
}
