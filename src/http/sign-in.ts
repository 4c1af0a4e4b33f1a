import { loginCookieIds } from '../internal/login-cookie.ts'
import { sameOriginPath } from '../internal/same-origin.ts'
import { wantsJson } from './accept.ts'
import { readParameters } from './body.ts'
import { connectionJson, type HandledConnections } from './connection.ts'
import { repeatPage } from './page.ts'
import { HttpError } from './problem.ts'
import { html, json, redirect } from './responses.ts'
import type { Site } from './site.ts'

/** Marks a callback that was repeated from our own origin, so that it is repeated once. */
const repeated = 'stagedoor_repeated'
const maxReturnTo = 512
const callbackParameters = ['code', 'state', 'iss', 'error', 'error_description']

export interface Scopes {
  /** What every sign-in asks for. */
  readonly always: readonly string[]
  /** What `scope=` may ask for besides. */
  readonly offered: readonly string[]
}

function single(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  if (values.length > 1) throw new HttpError('HTTP_BAD_QUERY')
  return values[0]
}

function returnToOf(query: URLSearchParams, site: Site): string | undefined {
  const value = single(query, 'returnTo')
  if (value === undefined) return undefined
  const path = sameOriginPath(value, site.origin)
  if (path === undefined || path.length > maxReturnTo) throw new HttpError('HTTP_BAD_RETURN_TO')
  return path
}

/** What to ask the provider for: always the basic scopes, what was granted before, and what is asked for now. */
async function scopesOf(query: URLSearchParams, ownerId: string, connections: HandledConnections, scopes: Scopes) {
  const asked = (single(query, 'scope') ?? '').split(' ').filter((scope) => scope !== '')
  const listed = new Set([...scopes.always, ...scopes.offered])
  if (asked.some((scope) => !listed.has(scope))) throw new HttpError('HTTP_SCOPE_NOT_ALLOWED')
  if (scopes.offered.length === 0) return undefined
  const granted = (await connections.get(ownerId))?.scopes.filter((scope) => listed.has(scope)) ?? []
  const wanted = new Set([...scopes.always, ...granted, ...asked])
  return wanted.size === 0 ? undefined : [...wanted]
}

/** `GET auth`: sends a person to the provider, or tells a program where to send him. */
export async function authorize(
  request: Request,
  ownerId: string,
  connections: HandledConnections,
  site: Site,
  scopes: Scopes,
): Promise<Response> {
  const query = new URL(request.url).searchParams
  const returnTo = returnToOf(query, site)
  const showDialog = single(query, 'showDialog') === 'true'
  const cookies = request.headers.get('cookie') ?? undefined
  const wanted = await scopesOf(query, ownerId, connections, scopes)
  const { url, setCookies } = await connections.begin({ ownerId, returnTo, scopes: wanted, showDialog, cookies })
  return wantsJson(request)
    ? json({ authorizationUrl: url.href }, { setCookies })
    : redirect(302, url.href, { setCookies })
}

/**
 * The page that repeats a callback whose browser left the host's SameSite=Strict session out; `undefined` where
 * repeating would not help.
 */
export function repeatCallback(request: Request, site: Site): Response | undefined {
  const url = new URL(request.url)
  if (request.method !== 'GET' || wantsJson(request) || url.searchParams.has(repeated)) return undefined
  if (loginCookieIds(request.headers.get('cookie'), site.secure).length === 0) return undefined
  url.searchParams.append(repeated, '1')
  return html(200, repeatPage(url.pathname + url.search))
}

/** `GET callback`: completes the sign-in and sends the person where he was going. */
export async function completeByGet(
  request: Request,
  ownerId: string,
  connections: HandledConnections,
  site: Site,
): Promise<Response> {
  const url = new URL(site.redirectUri)
  const query = new URL(request.url).searchParams
  query.delete(repeated)
  url.search = query.toString()
  const cookies = request.headers.get('cookie') ?? undefined
  const { returnTo, setCookies } = await connections.complete({ ownerId, url, cookies })
  return redirect(303, sameOriginPath(returnTo ?? '', site.origin) ?? site.afterConnect, { setCookies })
}

/** `POST callback`: the same for a single-page application that received the redirect itself. */
export async function completeByPost(
  request: Request,
  ownerId: string,
  connections: HandledConnections,
  site: Site,
): Promise<Response> {
  const parameters = await readParameters(request, callbackParameters)
  const url = new URL(site.redirectUri)
  url.search = parameters.toString()
  const cookies = request.headers.get('cookie') ?? undefined
  const { connection, returnTo, setCookies } = await connections.complete({ ownerId, url, cookies })
  return json({ connection: connectionJson(connection), returnTo }, { setCookies })
}
