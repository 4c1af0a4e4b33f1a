import type { Connections } from '../connections/connections.ts'
import { isStagedoorError } from '../errors.ts'
import { serializeCookie } from '../internal/cookie.ts'
import { loginCookieIds, loginCookieName } from '../internal/login-cookie.ts'
import { sameOriginPath } from '../internal/same-origin.ts'
import { wantsJson } from './accept.ts'
import { readParameters } from './body.ts'
import { connectionJson, type HandlerConnections } from './connection.ts'
import { cookiesOf, SignInError } from './http-error.ts'
import { repeatPage } from './page.ts'
import { html, json, redirect } from './responses.ts'
import type { Site } from './site.ts'

/** Marks a callback that was repeated from our own origin, so that it is repeated once. */
const repeatMarker = 'stagedoor_repeated'
const parameterNames = ['code', 'state', 'iss', 'error', 'error_description']

/**
 * The page that repeats a callback for which the browser left out the host's SameSite=Strict session cookie;
 * `undefined` where repeating would not help.
 */
export function repeatCallback(request: Request, site: Site): Response | undefined {
  const url = new URL(request.url)
  if (request.method !== 'GET' || wantsJson(request) || url.searchParams.has(repeatMarker)) return undefined
  if (loginCookieIds(request.headers.get('cookie'), site.secure).length === 0) return undefined
  url.searchParams.append(repeatMarker, '1')
  return html(200, repeatPage(url.pathname + url.search))
}

/** `GET callback`: completes the sign-in and redirects to `returnTo`. */
export async function completeByGet(
  request: Request,
  ownerId: string,
  connections: HandlerConnections,
  site: Site,
): Promise<Response> {
  const query = new URL(request.url).searchParams
  query.delete(repeatMarker)
  const { returnTo, setCookies } = await complete(request, query, ownerId, connections, site)
  return redirect(303, sameOriginPath(returnTo ?? '', site.origin) ?? site.afterConnect, { setCookies })
}

/** `POST callback`: the same for a single-page application that received the redirect itself. */
export async function completeByPost(
  request: Request,
  ownerId: string,
  connections: HandlerConnections,
  site: Site,
): Promise<Response> {
  const parameters = await readParameters(request, parameterNames)
  const { connection, returnTo, setCookies } = await complete(request, parameters, ownerId, connections, site)
  return json({ connection: connectionJson(connection), returnTo }, { setCookies })
}

async function complete(
  request: Request,
  parameters: URLSearchParams,
  ownerId: string,
  connections: HandlerConnections,
  site: Site,
): ReturnType<Connections['complete']> {
  const url = new URL(site.redirectUri)
  url.search = parameters.toString()
  const cookies = request.headers.get('cookie') ?? undefined
  try {
    return await connections.complete({ ownerId, url, cookies })
  } catch (error) {
    if (!isStagedoorError(error)) throw error
    const setCookies = cookiesOf(error)
    throw new SignInError(
      error,
      setCookies.length > 0 ? setCookies : clearLoginCookie(parameters.get('state') ?? '', cookies, site),
    )
  }
}

/** Clears the cookie of a sign-in that failed before the provider was called. The `state` begins with the cookie's id. */
function clearLoginCookie(state: string, cookies: string | undefined, { secure }: Site): readonly string[] {
  return loginCookieIds(cookies, secure)
    .filter((id) => /^[\w-]{16}$/.test(id) && state.startsWith(id))
    .map((id) => serializeCookie(loginCookieName(id, secure), '', { maxAge: 0, path: '/', secure, sameSite: 'Lax' }))
}
