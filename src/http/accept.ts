const jsonTypes: ReadonlySet<string> = new Set(['application/json', 'application/problem+json'])
const pageTypes: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml'])

/** The highest weight of one of `types` in an `Accept` header (RFC 9110 §12.4.2); wildcards do not count. */
function weight(accept: string, types: ReadonlySet<string>): number {
  let highest = 0
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    if (!types.has(type)) continue
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    const value = q === undefined ? 1 : Number(q.slice(2))
    if (value > highest) highest = value
  }
  return highest
}

/**
 * Whether the client wants JSON rather than a page: its `Accept` header names JSON, and the request is not a navigation
 * (Fetch Metadata, `Sec-Fetch-Mode`).
 */
export function wantsJson(request: Request): boolean {
  if (request.headers.get('sec-fetch-mode') === 'navigate') return false
  const accept = request.headers.get('accept') ?? ''
  const asJson = weight(accept, jsonTypes)
  return asJson > 0 && asJson >= weight(accept, pageTypes)
}
