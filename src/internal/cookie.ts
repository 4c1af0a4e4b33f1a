/** The cookies of a `Cookie` header, in order; a name may occur more than once (RFC 6265 §5.4). */
export function parseCookies(header: string | null | undefined): readonly { name: string; value: string }[] {
  const cookies: { name: string; value: string }[] = []
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at < 1) continue
    const name = pair.slice(0, at).trim()
    if (name !== '')
      cookies.push({
        name,
        value: pair
          .slice(at + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      })
  }
  return cookies
}

interface CookieAttributes {
  /** Seconds; 0 deletes the cookie. */
  readonly maxAge: number
  readonly path: string
  readonly secure: boolean
  readonly sameSite: 'Lax' | 'Strict' | 'None'
}

/** A `Set-Cookie` value, always HttpOnly. Name and value must already be cookie-safe. */
export function serializeCookie(name: string, value: string, attributes: CookieAttributes): string {
  const { maxAge, path, secure, sameSite } = attributes
  return `${name}=${value}; Max-Age=${maxAge}; Path=${path}; HttpOnly; SameSite=${sameSite}${secure ? '; Secure' : ''}`
}
