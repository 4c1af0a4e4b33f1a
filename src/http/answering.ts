import { type AnyStagedoorError, invalidArgument } from '../errors.ts'
import { wantsJson } from './accept.ts'
import { authorize, type Scopes } from './authorization.ts'
import { completeByGet, completeByPost, repeatCallback } from './callback.ts'
import { readConnection, readHealth, removeConnection } from './connection.ts'
import type { HandlerOptions, HandlerParts } from './handler.ts'
import { allowOrigin, checkOrigin, preflight } from './origin.ts'
import { problemPage } from './page.ts'
import { cookiesOf, FailedSignIn, HttpError, isAnswerable, type Problem, problemOf } from './problem.ts'
import { html, noContent, problemJson, redirect, withoutBody } from './responses.ts'
import type { RouteName, Site } from './site.ts'

const maxUrl = 8192
const methods: Readonly<Record<RouteName, readonly string[]>> = {
  auth: ['GET', 'HEAD', 'OPTIONS'],
  // No HEAD: a link checker must not spend the code.
  callback: ['GET', 'POST', 'OPTIONS'],
  connection: ['GET', 'HEAD', 'DELETE', 'OPTIONS'],
  health: ['GET', 'HEAD', 'OPTIONS'],
}

/** Answers one request. */
export type Answering<C> = (request: Request, context: C) => Promise<Response>

export function createAnswering<C>(parts: HandlerParts, options: HandlerOptions<C>, site: Site): Answering<C> {
  const { connections } = parts
  const scopes: Scopes = { always: parts.scopes ?? [], offered: options.scopes ?? [] }
  const provider = connections.provider.charAt(0).toUpperCase() + connections.provider.slice(1)

  async function signedIn(request: Request, context: C): Promise<string | undefined> {
    const ownerId: unknown = await options.owner(request, context)
    if (ownerId === undefined || ownerId === null || ownerId === '') return undefined
    if (typeof ownerId !== 'string') throw invalidArgument('owner must return a string, or undefined.')
    return ownerId
  }

  async function answer(route: RouteName, request: Request, context: C): Promise<Response> {
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

  function refuse(caught: unknown, route: RouteName | undefined, request: Request): Response {
    const error = caught instanceof FailedSignIn ? caught.reason : caught
    if (!isAnswerable(error)) throw error
    const problem = problemOf(error.code, provider)
    if (!(error instanceof HttpError) && problem.status >= 500) report(options.onError, error)
    const setCookies = cookiesOf(caught)
    const headers = error instanceof HttpError ? error.headers : {}
    const person = (route === 'auth' || route === 'callback') && request.method !== 'POST' && !wantsJson(request)
    if (!person) return problemJson(problem, { setCookies, headers })
    if (site.afterError !== undefined && !(error instanceof HttpError))
      return redirect(303, withError(site.afterError, problem, site), { setCookies })
    return html(problem.status, problemPage(problem, linksFor(problem, site)), { setCookies, headers })
  }

  async function handle(request: Request, context: C): Promise<Response> {
    const url = new URL(request.url)
    const route = site.route(url)
    try {
      if (request.url.length > maxUrl) throw new HttpError('HTTP_URL_TOO_LONG')
      if (route === undefined) throw new HttpError('HTTP_NOT_FOUND')
      const response = await answer(route, request, context)
      return allowOrigin(request, request.method === 'HEAD' ? withoutBody(response) : response, site)
    } catch (error) {
      const response = refuse(error, route, request)
      return allowOrigin(request, request.method === 'HEAD' ? withoutBody(response) : response, site)
    }
  }

  return handle
}

function report(onError: HandlerOptions<never>['onError'], error: AnyStagedoorError): void {
  try {
    const told: unknown = onError?.(error)
    if (told instanceof Promise) told.catch(() => {})
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
