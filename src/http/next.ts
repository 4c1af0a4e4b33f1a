import type { NextRequest } from 'next/server.js'
import { type AdapterOptions, type HandlerSource, mount } from './adapter.ts'

export type { AdapterOptions } from './adapter.ts'

type RouteHandler = (request: NextRequest) => Promise<Response>
type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/**
 * The endpoints as route handlers for the App Router of Next.js: in `app/api/v1/spotify/[...path]/route.ts` write
 * `export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = stagedoorNext(stagedoor, { owner })`. A redirect URI
 * outside of that folder needs a `route.ts` of its own that exports the same.
 *
 * @throws {ConfigError} as `createHandler` does.
 *
 * @example
 * ```ts
 * import { stagedoorNext } from 'stagedoor/next'
 *
 * export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = stagedoorNext(stagedoor, {
 *   owner: (request) => userOf(request.headers.get('cookie')),
 * })
 * ```
 */
export function stagedoorNext(
  stagedoor: HandlerSource,
  options: AdapterOptions<NextRequest>,
): Readonly<Record<Method, RouteHandler>> {
  const handle = mount(stagedoor, options)
  const route: RouteHandler = (request) => handle(request, request)
  return { GET: route, HEAD: route, POST: route, PUT: route, PATCH: route, DELETE: route, OPTIONS: route }
}
