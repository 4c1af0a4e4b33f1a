import type { Page } from './page.ts'
import type { Problem } from './problem.ts'

interface Extras {
  readonly setCookies?: readonly string[] | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

function respond(status: number, body: string | null, headers: Record<string, string>, extras: Extras): Response {
  const all = new Headers({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...headers,
    ...extras.headers,
  })
  for (const cookie of extras.setCookies ?? []) all.append('set-cookie', cookie)
  return new Response(body, { status, headers: all })
}

/** Dates become ISO 8601 strings. */
export function json(value: unknown, extras: Extras = {}): Response {
  return respond(200, JSON.stringify(value), { 'content-type': 'application/json' }, extras)
}

export function problemJson(problem: Problem, extras: Extras = {}): Response {
  return respond(problem.status, JSON.stringify(problem), { 'content-type': 'application/problem+json' }, extras)
}

export function html(status: number, page: Page, extras: Extras = {}): Response {
  const policy = `default-src 'none'; style-src 'nonce-${page.nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
  return respond(status, page.html, headers, extras)
}

/** 302 sends a person on, 303 ends the request that brought him (RFC 9110 §15.4). `location` must come from a `URL`. */
export function redirect(status: 302 | 303, location: string, extras: Extras = {}): Response {
  return respond(status, null, { location }, extras)
}

export function noContent(extras: Extras = {}): Response {
  return respond(204, null, {}, extras)
}

/** The same answer without its body, for HEAD. */
export function withoutBody(response: Response): Response {
  return new Response(null, { status: response.status, headers: response.headers })
}
