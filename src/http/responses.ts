import type { Page } from './page.ts'
import type { Problem } from './problem.ts'

interface ResponseExtras {
  readonly setCookies?: readonly string[] | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

function respond(
  status: number,
  body: string | null,
  headers: Record<string, string>,
  extras: ResponseExtras,
): Response {
  const merged = new Headers({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...headers,
    ...extras.headers,
  })
  for (const cookie of extras.setCookies ?? []) merged.append('set-cookie', cookie)
  return new Response(body, { status, headers: merged })
}

/** Dates become ISO 8601 strings. */
export function json(value: unknown, extras: ResponseExtras = {}): Response {
  return respond(200, JSON.stringify(value), { 'content-type': 'application/json' }, extras)
}

export function problemJson(problem: Problem, extras: ResponseExtras = {}): Response {
  return respond(problem.status, JSON.stringify(problem), { 'content-type': 'application/problem+json' }, extras)
}

export function html(status: number, page: Page, extras: ResponseExtras = {}): Response {
  const policy = `default-src 'none'; style-src 'nonce-${page.nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
  return respond(status, page.html, headers, extras)
}

/** 302 continues a navigation, 303 also changes its method to GET (RFC 9110 §15.4). `location` must come from a `URL`. */
export function redirect(status: 302 | 303, location: string, extras: ResponseExtras = {}): Response {
  return respond(status, null, { location }, extras)
}

export function noContent(extras: ResponseExtras = {}): Response {
  return respond(204, null, {}, extras)
}

/** The same response without its body, for HEAD. */
export function withoutBody(response: Response): Response {
  return new Response(null, { status: response.status, headers: response.headers })
}
