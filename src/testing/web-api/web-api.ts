import { isMarket } from '../catalogue/markets.ts'
import type { FakeToken } from '../grants.ts'
import { type FakeAppMode, type ModeRules, rulesOf } from '../options.ts'
import { apiError, text } from '../response.ts'
import type { FakeState } from '../state.ts'
import type { ApiCall, Operation } from './operation.ts'
import { Refusal } from './refusal.ts'
import { Router } from './router.ts'

interface WebApiRequest {
  readonly method: string
  /** Relative to the API's base URL. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
  /** The base URL of the API and the URL prefix of images for this caller. */
  readonly api: string
  readonly images: string
}

/** The token of a request, or the response to a request without a valid one. */
interface Caller {
  readonly token?: FakeToken
  readonly rejection?: Response
}

export class WebApi {
  readonly #router: Router
  readonly #state: FakeState

  constructor(state: FakeState, operations: readonly Operation[]) {
    this.#state = state
    this.#router = new Router(operations)
  }

  /** Checks the `Authorization` header. `skew` is the number of milliseconds by which Spotify's clock is ahead. */
  caller(authorization: string | null, skew: number): Caller {
    if (authorization === null) return { rejection: unauthorized('missing_token') }
    const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    if (bearer === undefined) return { rejection: apiError(400, 'Only valid bearer authentication supported') }
    const token = this.#state.ledger.find('access', bearer)
    if (token === undefined || token.revokedAt !== undefined) return { rejection: unauthorized('invalid_token') }
    if (this.#state.clock.now() + skew >= token.expiresAt)
      return { rejection: unauthorized('invalid_token', 'The access token expired') }
    return { token }
  }

  operationId(method: string, path: string): string | undefined {
    return this.#router.find(method, path)?.operation?.id
  }

  /** Runs the operation of a request with a valid `token`. */
  run(request: WebApiRequest, token: FakeToken): Response {
    const state = this.#state
    const mode = state.mode(token.clientId)
    const rules = rulesOf(mode)
    state.ledger.use(token, state.clock.now())
    if (rules.allowlist && !state.ownerPremium) return text(403, ownerNotPremium)
    const limited = state.limits.check(token.clientId, request.path, rules.allowlist, state.clock.now())
    if (limited !== undefined) return limited
    const route = this.#router.find(request.method, request.path)
    if (route === undefined) return apiError(404, 'Service not found')
    const { operation, params } = route
    if (operation === undefined) return apiError(405, 'Method not allowed')
    const removedError = removedResponse(operation, mode, rules)
    if (removedError !== undefined) return removedError
    const user = token.userId === undefined ? undefined : state.users.get(token.userId)
    if (token.userId !== undefined && user === undefined) return unauthorized('invalid_token')
    if (user !== undefined && rules.allowlist && !user.allowlisted) return text(403, notRegistered)
    if (request.path.startsWith('/me') && user === undefined) return apiError(401, 'Valid user authentication required')
    if (!hasScopes(operation, token.scopes)) return apiError(403, 'Insufficient client scope')
    const market = request.query.get('market')
    if (market !== null && market !== 'from_token' && !isMarket(market)) return apiError(400, 'Invalid market code')
    if (market === 'from_token' && user === undefined) return apiError(403, 'Market from token requires a user')
    const call: ApiCall = {
      state,
      rules,
      view: {
        api: request.api,
        images: request.images,
        stripped: rules.february2026,
        previews: !rules.november2024,
        market: user?.country ?? market ?? undefined,
      },
      path: request.path,
      query: request.query,
      params,
      body: request.body,
      scopes: token.scopes,
      maybeUser: user,
      get user() {
        if (user === undefined) throw new Refusal(401, 'Valid user authentication required')
        return user
      },
    }
    try {
      return operation.run(call)
    } catch (error) {
      if (error instanceof Refusal) return error.response
      throw error
    }
  }
}

const notRegistered = 'User not registered in the Developer Dashboard'
const ownerNotPremium =
  'Active premium subscription required for the owner of the app. When the subscription status changes, it can take a few hours before requests are allowed again.'

function unauthorized(error: 'missing_token' | 'invalid_token', message?: string): Response {
  const description = error === 'missing_token' ? 'Missing access token' : 'Invalid access token'
  const headers = { 'www-authenticate': `Bearer realm="spotify", error="${error}", error_description="${description}"` }
  return apiError(401, message ?? 'Missing/invalid/expired access token', { headers })
}

function removedResponse(operation: Operation, mode: FakeAppMode, rules: ModeRules): Response | undefined {
  if (operation.availability === 'removed-2026' && rules.february2026) return apiError(403, 'Forbidden')
  if (operation.availability !== 'removed-2024' || mode === 'extended-2024') return undefined
  return operation.path.startsWith('/recommendations')
    ? apiError(404, 'Resource not found')
    : apiError(403, 'Forbidden')
}

function hasScopes(operation: Operation, scopes: readonly string[]): boolean {
  const { scopes: all, anyScope } = operation
  return (
    all.every((scope) => scopes.includes(scope)) && (anyScope.length === 0 || anyScope.some((s) => scopes.includes(s)))
  )
}
