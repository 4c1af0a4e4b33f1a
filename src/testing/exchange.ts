import { authorize } from './accounts/authorize.ts'
import { decodeBasic } from './accounts/client-auth.ts'
import { tokenEndpoint } from './accounts/token-endpoint.ts'
import { apiError, empty, json, oauthError } from './answer.ts'
import { ConnectionCut, cutInTheMiddle } from './cut.ts'
import { type Faults, substitute } from './faults.ts'
import { picture } from './picture.ts'
import type { FakeRequest, RequestLog } from './request-log.ts'
import type { FakeState } from './state.ts'
import type { WebApi } from './web-api/web-api.ts'

export const accountsHost = 'accounts.spotify.com'
export const apiHost = 'api.spotify.com'

/** What an exchange of request and answer works on. */
export interface World {
  readonly state: FakeState
  readonly api: WebApi
  readonly faults: Faults
  readonly requests: RequestLog
}

/** Answers one request: finds the service it is meant for, lets faults strike, and writes it down. */
export async function answer(world: World, request: Request): Promise<Response> {
  if (!request.headers.has('origin')) return serve(world, request)
  const response = request.method === 'OPTIONS' ? empty(204, preflight) : await serve(world, request)
  response.headers.set('access-control-allow-origin', '*')
  return response
}

/** Browsers may call Spotify's API and token endpoint from any page. */
const preflight = {
  'access-control-allow-methods': 'GET, POST, PUT, DELETE, PATCH, OPTIONS',
  'access-control-allow-headers': 'Accept, App-Platform, Authorization, Content-Type, Origin, Retry-After',
  'access-control-max-age': '604800',
}

async function serve(world: World, request: Request): Promise<Response> {
  const url = new URL(request.url)
  const { hostname, pathname } = url
  if (hostname !== accountsHost && pathname.startsWith('/v1/')) return answerApi(world, request, url)
  if (hostname === apiHost) return apiError(404, 'Service not found')
  if (pathname === '/api/token') return answerToken(world, request, url)
  if (pathname === '/authorize') {
    const clientId = url.searchParams.get('client_id') ?? undefined
    const entry = entryOf(world, request, url, { clientId })
    return logged(world, entry, request.signal, () => authorize(world.state, request))
  }
  if (hostname !== accountsHost && pathname.startsWith('/image/')) return picture(pathname.slice(7))
  return json(404, { error: { status: 404, message: `The fake has nothing at ${request.method} ${pathname}` } })
}

async function answerToken(world: World, request: Request, url: URL): Promise<Response> {
  const body = await request.text()
  const form = new URLSearchParams(body)
  const authorization = request.headers.get('authorization')
  const contentType = request.headers.get('content-type')
  const clientId = form.get('client_id') ?? decodeBasic(authorization)?.id
  const grantType = form.get('grant_type') ?? undefined
  return logged(world, entryOf(world, request, url, { clientId, grantType }), request.signal, () =>
    request.method === 'POST'
      ? tokenEndpoint(world.state, { authorization, contentType, body })
      : oauthError('unsupported_grant_type', 'grant_type parameter is missing'),
  )
}

async function answerApi(world: World, request: Request, url: URL): Promise<Response> {
  const { api } = world
  const path = url.pathname.slice(3)
  const authorization = request.headers.get('authorization')
  const body = request.body === null ? '' : await request.text()
  const { token } = api.caller(authorization, 0)
  const entry = entryOf(world, request, url, {
    operation: api.operationId(request.method, path),
    clientId: token?.clientId,
    user: token?.userId,
    ...(body === '' ? {} : { body }),
  })
  return logged(world, entry, request.signal, () => {
    const caller = api.caller(authorization, skewOf(entry))
    if (caller.token === undefined) return caller.refused ?? empty(401)
    const images = url.hostname === apiHost ? 'https://i.scdn.co/image/' : `${url.origin}/image/`
    const call = { method: request.method, path, query: url.searchParams, body, api: `${url.origin}/v1`, images }
    return api.run(call, caller.token)
  })
}

function entryOf(world: World, request: Request, url: URL, facts: Partial<FakeRequest>): FakeRequest {
  const at = world.state.clock.now()
  return { at, method: request.method, path: url.pathname, query: url.searchParams, ...facts, faults: [] }
}

function skewOf(entry: FakeRequest): number {
  return entry.faults.reduce((sum, { clockSkew = 0 }) => sum + clockSkew, 0)
}

type Run = () => Response | Promise<Response>

async function logged(world: World, entry: FakeRequest, signal: AbortSignal, run: Run): Promise<Response> {
  world.requests.add(entry)
  try {
    const response = await struck(world, entry, signal, run)
    const skew = skewOf(entry)
    if (skew !== 0) response.headers.set('date', new Date(world.state.clock.now() + skew).toUTCString())
    entry.status = response.status
    if (response.status >= 400 && entry.faults.length === 0) entry.error = await problemIn(response.clone())
    return response
  } catch (error) {
    entry.status = 0
    throw error
  }
}

/** What an error answer says, in one line. */
async function problemIn(response: Response): Promise<string | undefined> {
  const text = await response.text()
  try {
    const { error, error_description: description } = JSON.parse(text) as {
      error?: unknown
      error_description?: string
    }
    if (typeof error === 'string') return description === undefined ? error : `${error}: ${description}`
    return (error as { message?: string } | undefined)?.message
  } catch {
    const shown = /role="alert"[^>]*>([^<]+)</.exec(text)?.[1] ?? text
    return shown === '' ? undefined : shown
  }
}

/** Runs a request under the faults that strike it. */
async function struck(world: World, entry: FakeRequest, signal: AbortSignal, run: Run): Promise<Response> {
  const { clock } = world.state
  const rules = world.faults.strike({ ...entry, userId: entry.user }, clock)
  if (rules.length === 0) return run()
  entry.faults.push(...rules)
  const cut = rules.find((rule) => rule.cut !== undefined)?.cut
  for (const { delay } of rules) if (delay !== undefined) await clock.wait(delay, signal)
  if (cut === 'before') throw new ConnectionCut()
  let response: Response | undefined
  for (const rule of rules) response ??= substitute(rule)
  if (response === undefined) {
    response = await run()
    if (rules.some(({ duplicate }) => duplicate === true)) await run()
  }
  if (cut === 'after') throw new ConnectionCut()
  return cut === 'middle' ? cutInTheMiddle(response) : response
}
