import { type AnyStagedoorError, invalidArgument } from '../errors.ts'
import { wantsJson } from './accept.ts'
import { authorize, type Scopes } from './authorization.ts'
import { completeByGet, completeByPost, repeatCallback } from './callback.ts'
import { type HandlerConnections, readConnection, readHealth, removeConnection } from './connection.ts'
import { cookiesOf, HttpError, hasResponse, SignInError } from './http-error.ts'
import { allowOrigin, checkOrigin, preflight } from './origin.ts'
import { problemPage } from './page.ts'
import { type Problem, problemOf } from './problem.ts'
import { html, noContent, problemJson, redirect, withoutBody } from './responses.ts'
import { checkOwner, createSite, type RouteName, type Site, type SiteOptions } from './site.ts'

const maxUrlLength = 8192
const methods: Readonly<Record<RouteName, readonly string[]>> = {
  auth: ['GET', 'HEAD', 'OPTIONS'],
  // No HEAD: a link checker must not use up the code.
  callback: ['GET', 'POST', 'OPTIONS'],
  connection: ['GET', 'HEAD', 'DELETE', 'OPTIONS'],
  health: ['GET', 'HEAD', 'OPTIONS'],
}

/** Options of a handler. */
export interface HandlerOptions<C> extends SiteOptions {
  /**
   * The user who is signed in to the host application: its own, stable id, at most 255 bytes. `undefined` results in
   * 401. `context` is the framework's own request.
   */
  readonly owner: (request: Request, context: C) => string | null | undefined | Promise<string | null | undefined>
  /** Scopes that `GET auth?scope=…` may request in addition to those of every sign-in. @default none */
  readonly scopes?: readonly string[] | undefined
  /** Is called with every error that results in a status of 500 or above, for the host's log. What it throws is ignored. */
  readonly onError?: ((error: AnyStagedoorError) => void) | undefined
}

/** What a handler is created from, besides its options. */
interface HandlerParts {
  readonly connections: HandlerConnections
  readonly redirectUri: string
  /** What every sign-in requests: the default of `connections.begin`. */
  readonly scopes?: readonly string[] | undefined
}

/** A request handler that frameworks mount. */
export interface Handler<C> {
  (request: Request, context: C): Promise<Response>
  /** The application's public origin. */
  readonly origin: string
  readonly basePath: string
  /** The paths that are served, to register them with a router: the endpoints, and the redirect URI's own path. */
  readonly paths: readonly string[]
  /** Whether a request for this URL is the handler's; its origin is ignored. Anything else belongs to the host. */
  serves(url: URL): boolean
}

/**
 * Creates the handler of the endpoints `auth`, `callback`, `connection` and `health`. Every {@link StagedoorError}
 * becomes a response: `application/problem+json` (RFC 9457) for programs, a page or a redirect to `afterError` for
 * browsers. What the host's own `owner` throws rejects the promise, for the host's error handling.
 *
 * @throws {ConfigError} `CONFIG_MISSING` without `owner`, `CONFIG_INVALID` for a malformed option, `CONFIG_REDIRECT_URI`
 *   for a redirect URI that no route serves.
 */
export function createHandler<C>(parts: HandlerParts, options: HandlerOptions<C>): Handler<C> {
  checkOwner(options)
  const site = createSite(parts.redirectUri, options)
  const { connections } = parts
  const scopes: Scopes = { always: parts.scopes ?? [], offered: options.scopes ?? [] }
  const provider = connections.provider.charAt(0).toUpperCase() + connections.provider.slice(1)

  async function signedIn(request: Request, context: C): Promise<string | undefined> {
    const ownerId: unknown = await options.owner(request, context)
    if (ownerId === undefined || ownerId === null || ownerId === '') return undefined
    if (typeof ownerId !== 'string') throw invalidArgument('owner must return a string, or undefined.')
    return ownerId
  }

  async function dispatch(route: RouteName, request: Request, context: C): Promise<Response> {
    const allow = methods[route]
    if (request.method === 'OPTIONS') return noContent({ headers: preflight(request, site, allow.join(', ')) })
    if (!allow.includes(request.method)) throw new HttpError('HTTP_METHOD_NOT_ALLOWED', { allow: allow.join(', ') })
    if (request.method === 'POST' || request.method === 'DELETE') checkOrigin(request, site)
    const ownerId = await signedIn(request, context)
    if (ownerId === undefined) {
      const repeat = route === 'callback' ? repeatCallback(request, site) : undefined
      if (repeat !== undefined) return repeat
      throw new HttpError('HTTP_UNAUTHENTICATED')
    }
    if (route === 'auth') return authorize(request, ownerId, connections, site, scopes)
    if (route === 'health') return readHealth(ownerId, connections)
    if (route === 'callback')
      return request.method === 'POST'
        ? completeByPost(request, ownerId, connections, site)
        : completeByGet(request, ownerId, connections, site)
    return request.method === 'DELETE' ? removeConnection(ownerId, connections) : readConnection(ownerId, connections)
  }

  function respondToError(caught: unknown, route: RouteName | undefined, request: Request): Response {
    const error = caught instanceof SignInError ? caught.reason : caught
    if (!hasResponse(error)) throw error
    const problem = problemOf(error.code, provider)
    if (!(error instanceof HttpError) && problem.status >= 500) report(options.onError, error)
    const setCookies = cookiesOf(caught)
    const headers = error instanceof HttpError ? error.headers : {}
    const isPage = (route === 'auth' || route === 'callback') && request.method !== 'POST' && !wantsJson(request)
    if (!isPage) return problemJson(problem, { setCookies, headers })
    if (site.afterError !== undefined && !(error instanceof HttpError))
      return redirect(303, withError(site.afterError, problem, site), { setCookies })
    return html(problem.status, problemPage(problem, linksFor(problem, site)), { setCookies, headers })
  }

  async function handle(request: Request, context: C): Promise<Response> {
    const url = new URL(request.url)
    const route = site.route(url)
    try {
      if (request.url.length > maxUrlLength) throw new HttpError('HTTP_URL_TOO_LONG')
      if (route === undefined) throw new HttpError('HTTP_NOT_FOUND')
      const response = await dispatch(route, request, context)
      return allowOrigin(request, request.method === 'HEAD' ? withoutBody(response) : response, site)
    } catch (error) {
      const response = respondToError(error, route, request)
      return allowOrigin(request, request.method === 'HEAD' ? withoutBody(response) : response, site)
    }
  }

  return Object.assign(handle, {
    origin: site.origin,
    basePath: site.base,
    paths: site.paths,
    serves: (url: URL) => site.route(url) !== undefined,
  })
}

function report(onError: HandlerOptions<never>['onError'], error: AnyStagedoorError): void {
  try {
    const returned: unknown = onError?.(error)
    if (returned instanceof Promise) returned.catch(() => {})
  } catch {}
}

function withError(afterError: string, problem: Problem, site: Site): string {
  const url = new URL(afterError, site.origin)
  url.searchParams.set('error', problem.code)
  // A path that begins with two slashes would name another host.
  return url.origin === site.origin && !url.pathname.startsWith('//') ? url.pathname + url.search + url.hash : url.href
}

function linksFor(problem: Problem, site: Site): { href: string; text: string }[] {
  const back = { href: site.afterConnect, text: 'Back to the application' }
  return problem.code.startsWith('HTTP_') ? [back] : [{ href: `${site.base}/auth`, text: 'Try again' }, back]
}
