const jsonTypes: ReadonlySet<string> = new Set(['application/json', 'application/problem+json'])
const pageTypes: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml'])

/** The highest weight that an `Accept` header gives one of `types` by name (RFC 9110 §12.4.2); wildcards name nothing. */
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
 * Whether a program asks rather than a person: it says so by accepting JSON by name. A navigation is always a person
 * (Fetch Metadata, `Sec-Fetch-Mode`).
 */
export function wantsJson(request: Request): boolean {
  if (request.headers.get('sec-fetch-mode') === 'navigate') return false
  const accept = request.headers.get('accept') ?? ''
  const asJson = weight(accept, jsonTypes)
  return asJson > 0 && asJson >= weight(accept, pageTypes)
}
