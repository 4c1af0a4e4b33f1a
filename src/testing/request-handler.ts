import { authorize } from './accounts/authorize.ts'
import { decodeBasic } from './accounts/client-auth.ts'
import { tokenEndpoint } from './accounts/token-endpoint.ts'
import { ConnectionCut, cutBody } from './connection-cut.ts'
import { type Faults, substituteResponse } from './faults.ts'
import { picture } from './picture.ts'
import type { FakeRequest, RequestLog } from './request-log.ts'
import { apiError, empty, json, oauthError } from './response.ts'
import type { FakeState } from './state.ts'
import type { WebApi } from './web-api/web-api.ts'

export const accountsHost = 'accounts.spotify.com'
export const apiHost = 'api.spotify.com'

/** What handling a request needs. */
export interface HandlerContext {
  readonly state: FakeState
  readonly api: WebApi
  readonly faults: Faults
  readonly requests: RequestLog
}

/** Responds to one request: finds the service it is for, applies faults, and logs it. */
export async function handleRequest(context: HandlerContext, request: Request): Promise<Response> {
  if (!request.headers.has('origin')) return route(context, request)
  const response = request.method === 'OPTIONS' ? empty(204, preflight) : await route(context, request)
  response.headers.set('access-control-allow-origin', '*')
  return response
}

/** Browsers may call Spotify's API and token endpoint from any page. */
const preflight = {
  'access-control-allow-methods': 'GET, POST, PUT, DELETE, PATCH, OPTIONS',
  'access-control-allow-headers': 'Accept, App-Platform, Authorization, Content-Type, Origin, Retry-After',
  'access-control-max-age': '604800',
}

async function route(context: HandlerContext, request: Request): Promise<Response> {
  const url = new URL(request.url)
  const { hostname, pathname } = url
  if (hostname !== accountsHost && pathname.startsWith('/v1/')) return handleApiRequest(context, request, url)
  if (hostname === apiHost) return apiError(404, 'Service not found')
  if (pathname === '/api/token') return handleTokenRequest(context, request, url)
  if (pathname === '/authorize') {
    const clientId = url.searchParams.get('client_id') ?? undefined
    const entry = logEntry(context, request, url, { clientId })
    return withLog(context, entry, request.signal, () => authorize(context.state, request))
  }
  if (hostname !== accountsHost && pathname.startsWith('/image/')) return picture(pathname.slice(7))
  return json(404, { error: { status: 404, message: `The fake has nothing at ${request.method} ${pathname}` } })
}

async function handleTokenRequest(context: HandlerContext, request: Request, url: URL): Promise<Response> {
  const body = await request.text()
  const form = new URLSearchParams(body)
  const authorization = request.headers.get('authorization')
  const contentType = request.headers.get('content-type')
  const clientId = form.get('client_id') ?? decodeBasic(authorization)?.id
  const grantType = form.get('grant_type') ?? undefined
  return withLog(context, logEntry(context, request, url, { clientId, grantType }), request.signal, () =>
    request.method === 'POST'
      ? tokenEndpoint(context.state, { authorization, contentType, body })
      : oauthError('unsupported_grant_type', 'grant_type parameter is missing'),
  )
}

async function handleApiRequest(context: HandlerContext, request: Request, url: URL): Promise<Response> {
  const { api } = context
  const path = url.pathname.slice(3)
  const authorization = request.headers.get('authorization')
  const body = request.body === null ? '' : await request.text()
  const { token } = api.caller(authorization, 0)
  const entry = logEntry(context, request, url, {
    operation: api.operationId(request.method, path),
    clientId: token?.clientId,
    user: token?.userId,
    ...(body === '' ? {} : { body }),
  })
  return withLog(context, entry, request.signal, () => {
    const caller = api.caller(authorization, clockSkewOf(entry))
    if (caller.token === undefined) return caller.rejection ?? empty(401)
    const images = url.hostname === apiHost ? 'https://i.scdn.co/image/' : `${url.origin}/image/`
    const call = { method: request.method, path, query: url.searchParams, body, api: `${url.origin}/v1`, images }
    return api.run(call, caller.token)
  })
}

function logEntry(context: HandlerContext, request: Request, url: URL, details: Partial<FakeRequest>): FakeRequest {
  const at = context.state.clock.now()
  return { at, method: request.method, path: url.pathname, query: url.searchParams, ...details, faults: [] }
}

function clockSkewOf(entry: FakeRequest): number {
  return entry.faults.reduce((sum, { clockSkew = 0 }) => sum + clockSkew, 0)
}

type Handler = () => Response | Promise<Response>

async function withLog(
  context: HandlerContext,
  entry: FakeRequest,
  signal: AbortSignal,
  handler: Handler,
): Promise<Response> {
  context.requests.add(entry)
  try {
    const response = await withFaults(context, entry, signal, handler)
    const skew = clockSkewOf(entry)
    if (skew !== 0) response.headers.set('date', new Date(context.state.clock.now() + skew).toUTCString())
    entry.status = response.status
    if (response.status >= 400 && entry.faults.length === 0) entry.error = await errorText(response.clone())
    return response
  } catch (error) {
    entry.status = 0
    throw error
  }
}

/** The error message of a response, in one line. */
async function errorText(response: Response): Promise<string | undefined> {
  const text = await response.text()
  try {
    const { error, error_description: description } = JSON.parse(text) as {
      error?: unknown
      error_description?: string
    }
    if (typeof error === 'string') return description === undefined ? error : `${error}: ${description}`
    return (error as { message?: string } | undefined)?.message
  } catch {
    const message = /role="alert"[^>]*>([^<]+)</.exec(text)?.[1] ?? text
    return message === '' ? undefined : message
  }
}

/** Runs a request with the faults that match it. */
async function withFaults(
  context: HandlerContext,
  entry: FakeRequest,
  signal: AbortSignal,
  handler: Handler,
): Promise<Response> {
  const { clock } = context.state
  const rules = context.faults.match({ ...entry, userId: entry.user }, clock)
  if (rules.length === 0) return handler()
  entry.faults.push(...rules)
  const cut = rules.find((rule) => rule.cut !== undefined)?.cut
  for (const { delay } of rules) if (delay !== undefined) await clock.wait(delay, signal)
  if (cut === 'before') throw new ConnectionCut()
  let response: Response | undefined
  for (const rule of rules) response ??= substituteResponse(rule)
  if (response === undefined) {
    response = await handler()
    if (rules.some(({ duplicate }) => duplicate === true)) await handler()
  }
  if (cut === 'after') throw new ConnectionCut()
  return cut === 'middle' ? cutBody(response) : response
}
