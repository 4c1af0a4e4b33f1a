import {
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  customFetch,
  None,
  processAuthorizationCodeResponse,
  processClientCredentialsResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  revocationRequest,
  type TokenEndpointResponse,
} from 'oauth4webapi'
import { parseRetryAfter } from '../internal/retry-after.ts'
import type { CallOptions } from '../internal/signal.ts'
import type { Provider, ProviderEndpoints } from './provider.ts'
import { parseScopes } from './scopes.ts'
import type { TokenSet } from './token-set.ts'

/**
 * Why a token request gave no tokens. Never carries a body, since a body can carry a token.
 *
 * - `invalid_grant`: HTTP 400 with that error: the code or refresh token is spent, revoked or expired
 * - `client_rejected`: `invalid_client` or `unauthorized_client`: the configuration is wrong, the tokens are not
 * - `rejected`: another OAuth error
 * - `transient`: no answer, or one that says nothing about the grant
 */
export class TokenEndpointError extends Error {
  override readonly name = 'TokenEndpointError'
  readonly kind: 'invalid_grant' | 'client_rejected' | 'rejected' | 'transient'
  readonly status: number | undefined
  /** Epoch milliseconds, from `Retry-After`. */
  readonly retryAt: number | undefined
  /** The OAuth error code, if the body had one of the registered form. */
  readonly error: string | undefined
  /** Whether the request may have reached the server, so that its effect is unknown. */
  readonly sent: boolean

  constructor(
    kind: TokenEndpointError['kind'],
    facts: {
      readonly sent: boolean
      readonly status?: number | undefined
      readonly retryAt?: number | undefined
      readonly error?: string | undefined
    },
  ) {
    super(messages[kind])
    this.kind = kind
    this.status = facts.status
    this.retryAt = facts.retryAt
    this.error = facts.error
    this.sent = facts.sent
  }
}

const messages = {
  invalid_grant: 'The authorization server says that the grant is not valid.',
  client_rejected: 'The authorization server does not accept the client id, its secret or this use of them.',
  rejected: 'The authorization server refused the token request.',
  transient: 'The token endpoint gave no usable answer.',
} as const

export interface TokenEndpointSettings {
  readonly provider: Provider
  readonly endpoints: ProviderEndpoints
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly fetch: typeof fetch
  readonly now: () => number
}

/** The token requests of one client; `scopes` are what was asked for, assumed where the answer names none (RFC 6749 §5.1). Every failure except the caller's abort is a {@link TokenEndpointError}. */
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
  /** Revokes a refresh token where the provider documents an endpoint (RFC 7009). False where it does not, or it failed. */
  revoke(refreshToken: string, options?: CallOptions): Promise<boolean>
}

export function createTokenEndpoint(settings: TokenEndpointSettings): TokenEndpoint {
  const { provider, endpoints, now } = settings
  const server: AuthorizationServer = {
    issuer: provider.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    ...(endpoints.revocation === undefined ? {} : { revocation_endpoint: endpoints.revocation }),
  }
  const client: Client = { client_id: settings.clientId }
  const authentication = clientAuthentication(settings)
  const requestOptions = (signal: AbortSignal | undefined) => ({
    [customFetch]: settings.fetch as never,
    [allowInsecureRequests]: true, // endpoints were checked at construction: https, or http on loopback
    ...(signal === undefined ? {} : { signal }),
  })

  const run = async (
    send: (options: ReturnType<typeof requestOptions>) => Promise<Response>,
    process: (response: Response) => Promise<TokenEndpointResponse>,
    askedScopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<TokenSet> => {
    const { response, sentAt } = await answerOf(() => send(requestOptions(signal)), now, signal)
    let tokens: TokenEndpointResponse
    try {
      tokens = await process(response)
    } catch {
      throw new TokenEndpointError('transient', { sent: true, status: 200 })
    }
    return {
      accessToken: tokens.access_token,
      ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
      expiresAt: sentAt + (tokens.expires_in ?? provider.defaultExpiresIn ?? 3600) * 1000,
      scopes: tokens.scope === undefined ? askedScopes : parseScopes(tokens.scope, provider.scopeSeparator),
    }
  }

  return {
    exchange: ({ callback, redirectUri, codeVerifier, scopes }, options) =>
      run(
        (request) =>
          authorizationCodeGrantRequest(server, client, authentication, callback, redirectUri, codeVerifier, request),
        (response) => processAuthorizationCodeResponse(server, client, response),
        scopes,
        options?.signal,
      ),
    refresh: ({ refreshToken, scopes }, options) =>
      run(
        (request) => refreshTokenGrantRequest(server, client, authentication, refreshToken, request),
        (response) => processRefreshTokenResponse(server, client, response),
        scopes,
        options?.signal,
      ),
    clientCredentials: (options) =>
      run(
        (request) => clientCredentialsGrantRequest(server, client, authentication, new URLSearchParams(), request),
        (response) => processClientCredentialsResponse(server, client, response),
        [],
        options?.signal,
      ),
    async revoke(refreshToken, options) {
      if (endpoints.revocation === undefined) return false
      try {
        const response = await revocationRequest(server, client, authentication, refreshToken, {
          ...requestOptions(options?.signal),
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

function clientAuthentication({ clientSecret, provider }: TokenEndpointSettings): ClientAuth {
  if (clientSecret === undefined) return None()
  return provider.clientAuthentication === 'post' ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
}

/** Sends, reads the whole body, and lets only a 200 with a JSON object through, its absent members really absent. */
async function answerOf(
  send: () => Promise<Response>,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<{ response: Response; sentAt: number }> {
  const sentAt = now()
  let response: Response
  let text: string
  try {
    response = await send()
    text = await response.text()
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw new TokenEndpointError('transient', { sent: !neverSent(error) })
  }
  const body = parseObject(text)
  const { status } = response
  if (status !== 200) throw failureOf(status, body, response.headers.get('retry-after'), now())
  if (body === undefined) throw new TokenEndpointError('transient', { sent: true, status })
  for (const [key, value] of Object.entries(body)) if (value === null || value === '') delete body[key]
  return { response: Response.json(body), sentAt }
}

function failureOf(
  status: number,
  body: Record<string, unknown> | undefined,
  retryAfter: string | null,
  now: number,
): TokenEndpointError {
  const code = body?.error
  const error = typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined
  const facts = { sent: true, status, error, retryAt: parseRetryAfter(retryAfter, now) }
  if (status === 408 || status === 425 || status === 429 || status >= 500 || status < 400 || error === undefined) {
    return new TokenEndpointError('transient', facts)
  }
  if (error === 'invalid_client' || error === 'unauthorized_client') {
    return new TokenEndpointError('client_rejected', facts)
  }
  if (error === 'temporarily_unavailable' || error === 'server_error' || error === 'slow_down') {
    return new TokenEndpointError('transient', facts)
  }
  if (error === 'invalid_grant') return new TokenEndpointError(status === 400 ? 'invalid_grant' : 'transient', facts)
  return new TokenEndpointError('rejected', facts)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const unsentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether a fetch failure says that no connection was made. */
function neverSent(error: unknown): boolean {
  const cause = (error as { cause?: { code?: unknown; errors?: { code?: unknown }[] } } | undefined)?.cause
  const codes = [cause?.code, ...(cause?.errors ?? []).map((each) => each.code)].filter((code) => code !== undefined)
  return codes.length > 0 && codes.every((code) => typeof code === 'string' && unsentCodes.has(code))
}
