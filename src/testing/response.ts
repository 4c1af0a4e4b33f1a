/** A JSON response as Spotify's services send it. */
export function json(status: number, body: unknown, headers?: Record<string, string>): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  })
}

/** The Web API's regular error object. */
export function apiError(
  status: number,
  message: string,
  extra: { readonly reason?: string | undefined; readonly headers?: Record<string, string> | undefined } = {},
): Response {
  const reason = extra.reason === undefined ? {} : { reason: extra.reason }
  return json(status, { error: { status, message, ...reason } }, extra.headers)
}

/** The token endpoint's error, RFC 6749 §5.2. Spotify responds with 400 where the RFC also allows 401. */
export function oauthError(error: string, description?: string): Response {
  return json(400, description === undefined ? { error } : { error, error_description: description })
}

export function text(status: number, body: string, headers?: Record<string, string>): Response {
  return new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}

export function html(status: number, body: string, headers?: Record<string, string>): Response {
  return new Response(body, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      ...headers,
    },
  })
}

export function empty(status: number, headers?: Record<string, string>): Response {
  return new Response(null, headers === undefined ? { status } : { status, headers })
}

export function redirect(status: 302 | 303, location: URL | string, headers?: Record<string, string>): Response {
  return new Response(null, { status, headers: { location: String(location), ...headers } })
}
