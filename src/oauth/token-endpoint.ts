import type * as OAuth4WebApi from 'oauth4webapi'
import type { Secret } from '../internal/secret.ts'
import type { CallOptions } from '../internal/signal.ts'
import { oauth4webapi } from './oauth4webapi.ts'
import { parseScopes } from './parse-scopes.ts'
import type { Provider, ProviderEndpoints } from './provider.ts'
import { sendTokenRequest, TokenEndpointError } from './token-response.ts'
import type { TokenSet } from './token-set.ts'

export { TokenEndpointError }

interface TokenEndpointSettings {
  readonly provider: Provider
  readonly endpoints: ProviderEndpoints
  readonly clientId: string
  readonly clientSecret?: Secret | undefined
  readonly fetch: typeof fetch
  readonly now: () => number
}

/**
 * The token requests of one client. `scopes` are the requested ones, assumed when the response names none
 * (RFC 6749 §5.1). Every failure is a {@link TokenEndpointError}, except an abort by the caller.
 */
export interface TokenEndpoint {
  /** @param callback the parameters that `validateAuthResponse` returned */
  exchange(
    input: {
      readonly callback: URLSearchParams
      readonly redirectUri: string
      readonly codeVerifier: string
      readonly scopes: readonly string[]
    },
    options?: CallOptions,
  ): Promise<TokenSet>
  refresh(
    input: { readonly refreshToken: string; readonly scopes: readonly string[] },
    options?: CallOptions,
  ): Promise<TokenSet>
  clientCredentials(options?: CallOptions): Promise<TokenSet>
  /** Revokes a refresh token (RFC 7009). False if the request failed, or the provider has no revocation endpoint. */
  revoke(refreshToken: string, options?: CallOptions): Promise<boolean>
}

export function createTokenEndpoint(settings: TokenEndpointSettings): TokenEndpoint {
  const { provider, endpoints, now } = settings

  /** Sends and processes with oauth4webapi; `sendTokenRequest` checks the response in between. */
  async function requestTokens(
    prepare: (protocol: ProtocolContext) => {
      send: () => Promise<Response>
      process: (response: Response) => Promise<TokenResponse>
    },
    requestedScopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<TokenSet> {
    const { send, process } = prepare(await loadProtocol(settings, signal))
    const { response, sentAt } = await sendTokenRequest(send, now, signal)
    let tokens: TokenResponse
    try {
      tokens = await process(response)
    } catch {
      throw new TokenEndpointError('transient', { sent: true, status: 200 })
    }
    return {
      accessToken: tokens.access_token,
      ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
      expiresAt: sentAt + (tokens.expires_in ?? provider.defaultExpiresIn ?? 3600) * 1000,
      scopes: tokens.scope === undefined ? requestedScopes : parseScopes(tokens.scope, provider.scopeSeparator),
    }
  }

  return {
    exchange: ({ callback, redirectUri, codeVerifier, scopes }, options) =>
      requestTokens(
        ({ library, server, client, authentication, request }) => ({
          send: () =>
            library.authorizationCodeGrantRequest(
              server,
              client,
              authentication,
              callback,
              redirectUri,
              codeVerifier,
              request,
            ),
          process: (response) => library.processAuthorizationCodeResponse(server, client, response),
        }),
        scopes,
        options?.signal,
      ),
    refresh: ({ refreshToken, scopes }, options) =>
      requestTokens(
        ({ library, server, client, authentication, request }) => ({
          send: () => library.refreshTokenGrantRequest(server, client, authentication, refreshToken, request),
          process: (response) => library.processRefreshTokenResponse(server, client, response),
        }),
        scopes,
        options?.signal,
      ),
    clientCredentials: (options) =>
      requestTokens(
        ({ library, server, client, authentication, request }) => ({
          send: () =>
            library.clientCredentialsGrantRequest(server, client, authentication, new URLSearchParams(), request),
          process: (response) => library.processClientCredentialsResponse(server, client, response),
        }),
        [],
        options?.signal,
      ),
    async revoke(refreshToken, options) {
      if (endpoints.revocation === undefined) return false
      try {
        const { library, server, client, authentication, request } = await loadProtocol(settings, options?.signal)
        const response = await library.revocationRequest(server, client, authentication, refreshToken, {
          ...request,
          additionalParameters: { token_type_hint: 'refresh_token' },
        })
        await response.body?.cancel()
        return response.ok
      } catch (error) {
        if (options?.signal?.aborted) throw error
        return false
      }
    },
  }
}

type TokenResponse = OAuth4WebApi.TokenEndpointResponse

/** oauth4webapi and the arguments that its functions share. */
async function loadProtocol(settings: TokenEndpointSettings, signal: AbortSignal | undefined) {
  const library = await oauth4webapi.load()
  const { provider, endpoints, clientId, clientSecret } = settings
  const server: OAuth4WebApi.AuthorizationServer = {
    issuer: provider.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    ...(endpoints.revocation === undefined ? {} : { revocation_endpoint: endpoints.revocation }),
  }
  const client: OAuth4WebApi.Client = { client_id: clientId }
  const { None, ClientSecretBasic, ClientSecretPost } = library
  const withSecret = provider.clientAuthentication === 'post' ? ClientSecretPost : ClientSecretBasic
  const authentication = clientSecret === undefined ? None() : withSecret(clientSecret.reveal())
  const request = {
    [library.customFetch]: settings.fetch,
    [library.allowInsecureRequests]: true, // endpoints were checked at construction: https, or http on loopback
    ...(signal === undefined ? {} : { signal }),
  }
  return { library, server, client, authentication, request }
}

type ProtocolContext = Awaited<ReturnType<typeof loadProtocol>>
