import { isStagedoorError } from '../errors.ts'
import { sameOriginPath } from '../internal/same-origin.ts'
import { wantsJson } from './accept.ts'
import type { HandledConnections } from './connection.ts'
import { HttpError } from './problem.ts'
import { json, redirect } from './responses.ts'
import type { Site } from './site.ts'

const maxReturnTo = 512

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

/** A record that cannot be read must not keep its owner from connecting again: nothing is known to be granted. */
async function grantedTo(ownerId: string, connections: HandledConnections): Promise<readonly string[]> {
  try {
    return (await connections.get(ownerId))?.scopes ?? []
  } catch (error) {
    if (isStagedoorError(error) && error.code === 'STORE_CORRUPT') return []
    throw error
  }
}

/** What to ask the provider for: always the basic scopes, what was granted before, and what is asked for now. */
async function scopesOf(query: URLSearchParams, ownerId: string, connections: HandledConnections, scopes: Scopes) {
  const asked = (single(query, 'scope') ?? '').split(' ').filter((scope) => scope !== '')
  const listed = new Set([...scopes.always, ...scopes.offered])
  if (asked.some((scope) => !listed.has(scope))) throw new HttpError('HTTP_SCOPE_NOT_ALLOWED')
  if (scopes.offered.length === 0) return undefined
  const granted = (await grantedTo(ownerId, connections)).filter((scope) => listed.has(scope))
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
