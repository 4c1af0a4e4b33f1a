/**
 * Who is asking: a random id in a cookie, in place of the accounts and sessions that your application has. Whoever
 * holds the cookie is the visitor, so nobody needs a password to try an example.
 */
export function visitorOf(cookies: string | null | undefined): string | undefined {
  return /(?:^|; )visitor=([\w-]{36})(?:;|$)/.exec(cookies ?? '')?.[1]
}

/** The `Set-Cookie` header of a new visitor. */
export function newVisitor(secure: boolean): string {
  return `visitor=${crypto.randomUUID()}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}
