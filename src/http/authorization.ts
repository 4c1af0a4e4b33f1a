import { isStagedoorError } from '../errors.ts'
import { sameOriginPath } from '../internal/same-origin.ts'
import { wantsJson } from './accept.ts'
import type { HandlerConnections } from './connection.ts'
import { HttpError } from './http-error.ts'
import { json, redirect } from './responses.ts'
import type { Site } from './site.ts'

const maxReturnTo = 512

export interface Scopes {
  /** What every sign-in requests. */
  readonly always: readonly string[]
  /** What `scope=` may request in addition. */
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

/** The scopes granted before. None for a record that cannot be read, so that its owner can connect again. */
async function grantedTo(ownerId: string, connections: HandlerConnections): Promise<readonly string[]> {
  try {
    return (await connections.get(ownerId))?.scopes ?? []
  } catch (error) {
    if (isStagedoorError(error) && error.code === 'STORE_CORRUPT') return []
    throw error
  }
}

/** The scopes to request from the provider: the basic ones, those granted before, and those requested now. */
async function scopesOf(query: URLSearchParams, ownerId: string, connections: HandlerConnections, scopes: Scopes) {
  const requested = (single(query, 'scope') ?? '').split(' ').filter((scope) => scope !== '')
  const listed = new Set([...scopes.always, ...scopes.offered])
  if (requested.some((scope) => !listed.has(scope))) throw new HttpError('HTTP_SCOPE_NOT_ALLOWED')
  if (scopes.offered.length === 0) return undefined
  const granted = (await grantedTo(ownerId, connections)).filter((scope) => listed.has(scope))
  const wanted = new Set([...scopes.always, ...granted, ...requested])
  return wanted.size === 0 ? undefined : [...wanted]
}

/** `GET auth`: redirects a browser to the provider, or returns the provider's URL to a program. */
export async function authorize(
  request: Request,
  ownerId: string,
  connections: HandlerConnections,
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
