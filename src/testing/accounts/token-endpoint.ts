import { base64url, utf8 } from '../../internal/bytes.ts'
import type { FakeGrant, FakeToken } from '../grants.ts'
import { json, oauthError } from '../response.ts'
import type { FakeState } from '../state.ts'
import { type AuthenticatedClient, authenticate } from './client-auth.ts'

const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** `POST /api/token`: exchanges codes, refreshes tokens, and issues application tokens. */
export async function tokenEndpoint(
  state: FakeState,
  request: { readonly authorization: string | null; readonly contentType: string | null; readonly body: string },
): Promise<Response> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.contentType ?? ''))
    return oauthError('unsupported_grant_type', 'grant_type parameter is missing')
  const form = new URLSearchParams(request.body)
  const caller = authenticate(state, request.authorization, form)
  if (caller instanceof Response) return caller
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return exchange(state, caller, form)
    case 'refresh_token':
      return refresh(state, caller, form)
    case 'client_credentials':
      return clientCredentials(state, caller)
    case null:
    case '':
      return oauthError('unsupported_grant_type', 'grant_type parameter is missing')
    default:
      return oauthError(
        'unsupported_grant_type',
        'grant_type must be client_credentials, authorization_code or refresh_token',
      )
  }
}

async function exchange(state: FakeState, caller: AuthenticatedClient, form: URLSearchParams): Promise<Response> {
  const { ledger, clock } = state
  const verifier = form.get('code_verifier')
  // Awaited before the code is read, so that two concurrent exchanges cannot both succeed.
  const proof = verifier === null ? undefined : await challengeOf(verifier)
  const code = ledger.find('code', form.get('code') ?? '')
  const details = code && ledger.code(code)
  if (code === undefined || details === undefined || code.clientId !== caller.client.clientId || code.uses > 0)
    return oauthError('invalid_grant', 'Invalid authorization code')
  if (code.revokedAt !== undefined) return oauthError('invalid_grant', 'Invalid authorization code')
  if (clock.now() >= code.expiresAt) return oauthError('invalid_grant', 'Authorization code expired')
  if (form.get('redirect_uri') !== details.redirectUri) return oauthError('invalid_grant', 'Invalid redirect URI')
  if (details.challenge === undefined && !caller.confidential) return oauthError('invalid_client')
  if (details.challenge !== undefined && verifier === null)
    return oauthError('invalid_request', 'code_verifier must be provided')
  if (details.challenge !== undefined && proof !== details.challenge)
    return oauthError('invalid_grant', 'code_verifier was incorrect')
  ledger.use(code, clock.now())
  return tokenResponse(state, code.grant, 'new')
}

async function challengeOf(verifier: string): Promise<string | undefined> {
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return undefined
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(verifier))))
}

function refresh(state: FakeState, caller: AuthenticatedClient, form: URLSearchParams): Response {
  const { ledger, clock, options } = state
  const value = form.get('refresh_token')
  if (value === null || value === '') return oauthError('invalid_request', 'refresh_token must be supplied')
  const token = ledger.find('refresh', value)
  if (token === undefined || token.clientId !== caller.client.clientId)
    return oauthError('invalid_grant', 'Invalid refresh token')
  if (token.grant?.flow === 'code' && !caller.confidential) return oauthError('invalid_client')
  if (token.revokedAt !== undefined) return oauthError('invalid_grant', 'Refresh token revoked')
  if (clock.now() >= token.expiresAt) return oauthError('invalid_grant', 'Refresh token expired')
  ledger.use(token, clock.now())
  const rotation = options.rotation ?? 'never'
  const rotates = rotation === 'always' || (rotation === 'pkce' && token.grant?.flow === 'pkce')
  if (rotates) token.revokedAt = clock.now()
  return tokenResponse(state, token.grant, rotates ? 'new' : 'none')
}

function clientCredentials(state: FakeState, caller: AuthenticatedClient): Response {
  if (!caller.confidential) return oauthError('invalid_client')
  const { access, seconds } = issueAccess(state, caller.client.clientId, undefined)
  return json(200, { access_token: access.value, token_type: 'Bearer', expires_in: seconds }, noStore)
}

function tokenResponse(state: FakeState, grant: FakeGrant | undefined, refreshToken: 'new' | 'none'): Response {
  if (grant === undefined) return oauthError('invalid_grant', 'Invalid authorization code')
  const { access, seconds } = issueAccess(state, grant.clientId, grant)
  const refresh = refreshToken === 'new' ? { refresh_token: issueRefresh(state, grant).value } : {}
  const scope = grant.scopes.join(' ')
  return json(
    200,
    { access_token: access.value, token_type: 'Bearer', expires_in: seconds, ...refresh, scope },
    noStore,
  )
}

export function issueAccess(
  state: FakeState,
  clientId: string,
  grant: FakeGrant | undefined,
): { access: FakeToken; seconds: number } {
  const seconds = state.options.accessTokenLifetime ?? 3600
  const issuedAt = state.clock.now()
  const scopes = grant?.scopes ?? []
  const common = { kind: 'access', clientId, userId: grant?.userId, scopes, grant } as const
  return { access: state.ledger.issue({ ...common, issuedAt, expiresAt: issuedAt + seconds * 1000 }), seconds }
}

export function issueRefresh(state: FakeState, grant: FakeGrant): FakeToken {
  const end = new Date(grant.authorizedAt)
  end.setUTCMonth(end.getUTCMonth() + (state.options.refreshTokenMonths ?? 6))
  return state.ledger.issue({
    kind: 'refresh',
    clientId: grant.clientId,
    userId: grant.userId,
    scopes: grant.scopes,
    grant,
    issuedAt: state.clock.now(),
    expiresAt: end.getTime(),
  })
}
