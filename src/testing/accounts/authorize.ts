import { parseCookies } from '../../internal/cookie.ts'
import type { FakeClientOptions } from '../options.ts'
import { percentDecode } from '../percent-encoding.ts'
import { html, redirect } from '../response.ts'
import type { FakeState } from '../state.ts'
import type { FakeUser } from '../user.ts'
import { consentPage, problemPage } from './consent-page.ts'
import { redirectUriProblem } from './redirect-uri.ts'
import { knownScopes } from './scopes.ts'

const userCookie = 'fake-spotify-user'

export interface AuthorizationRequest {
  readonly client: FakeClientOptions
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly state: string | undefined
  readonly showDialog: boolean
  readonly challenge: string | undefined
}

/** The result of an authorization URL: a request that needs consent, an error for the callback, or an error page. */
type ParsedAuthorization =
  | { readonly kind: 'consent'; readonly request: AuthorizationRequest }
  | { readonly kind: 'callback'; readonly url: URL; readonly error: string }
  | { readonly kind: 'page'; readonly problem: string }

export function parseAuthorization(state: FakeState, query: URLSearchParams): ParsedAuthorization {
  const client = state.client(query.get('client_id') ?? '')
  if (client === undefined) return { kind: 'page', problem: 'INVALID_CLIENT: Invalid client' }
  const redirectUri = query.get('redirect_uri')
  if (redirectUri === null) return { kind: 'page', problem: 'INVALID_CLIENT: Invalid redirect URI' }
  const problem = redirectUriProblem(client, redirectUri)
  if (problem !== undefined) return { kind: 'page', problem }
  const loginState = query.get('state') ?? undefined
  const refuse = (error: string, description?: string): ParsedAuthorization => {
    const parameters = { error, error_description: description, state: loginState }
    return { kind: 'callback', url: callback(redirectUri, parameters), error }
  }
  if (query.get('response_type') !== 'code') return refuse('unsupported_response_type')
  const scopes = [...new Set((query.get('scope') ?? '').split(' ').filter((scope) => scope !== ''))]
  if (scopes.some((scope) => !knownScopes.includes(scope))) return refuse('invalid_scope')
  const challenge = query.get('code_challenge') ?? undefined
  const method = query.get('code_challenge_method')
  if ((challenge !== undefined || method !== null) && method !== 'S256')
    return refuse('invalid_request', 'code_challenge_method must be S256')
  if (method !== null && !/^[A-Za-z0-9_-]{43}$/.test(challenge ?? ''))
    return refuse('invalid_request', 'code_challenge must be the base64url of a SHA-256 hash')
  const showDialog = query.get('show_dialog') === 'true'
  return { kind: 'consent', request: { client, redirectUri, scopes, state: loginState, showDialog, challenge } }
}

/** The URL that the browser is redirected to after the decision of the user. */
export function decide(state: FakeState, request: AuthorizationRequest, user: FakeUser, deny: boolean): URL {
  if (deny) return callback(request.redirectUri, { error: 'access_denied', state: request.state })
  const now = state.clock.now()
  const { client, scopes, challenge, redirectUri } = request
  const flow = challenge === undefined ? 'code' : 'pkce'
  const grant = state.ledger.grant({ userId: user.id, clientId: client.clientId, scopes, authorizedAt: now, flow })
  const code = state.ledger.issue(
    {
      kind: 'code',
      clientId: client.clientId,
      userId: user.id,
      scopes,
      grant,
      issuedAt: now,
      expiresAt: now + 600_000,
    },
    { redirectUri, challenge },
  )
  return callback(redirectUri, { code: code.value, state: request.state })
}

/** The `/authorize` page: GET shows it, POST submits the user's decision. */
export async function authorize(state: FakeState, request: Request): Promise<Response> {
  const url = new URL(request.url)
  const parsed = parseAuthorization(state, url.searchParams)
  if (parsed.kind === 'page') return html(400, problemPage(parsed.problem))
  if (parsed.kind === 'callback') return redirect(302, parsed.url)
  const authorization = parsed.request
  if (request.method === 'POST') {
    const form = new URLSearchParams(await request.text())
    const user = state.users.get(form.get('user') ?? '')
    if (user === undefined) return html(400, problemPage('There is no such user'))
    const cookie = `${userCookie}=${encodeURIComponent(user.id)}; Path=/authorize; HttpOnly; SameSite=Lax`
    const target = decide(state, authorization, user, form.get('decision') !== 'approve')
    return redirect(303, target, { 'set-cookie': cookie })
  }
  const cookie = parseCookies(request.headers.get('cookie')).find(({ name }) => name === userCookie)
  const user = cookie === undefined ? undefined : state.users.get(percentDecode(cookie.value) ?? '')
  const existingGrant = user && state.ledger.covering(user.id, authorization.client.clientId, authorization.scopes)
  if (user !== undefined && existingGrant !== undefined && !authorization.showDialog)
    return redirect(302, decide(state, authorization, user, false))
  const users = [...state.users.values()]
  return html(
    200,
    consentPage({ request: authorization, action: `/authorize${url.search}`, users, selected: user ?? users[0] }),
  )
}

function callback(redirectUri: string, parameters: Readonly<Record<string, string | undefined>>): URL {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}
