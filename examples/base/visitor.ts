/**
 * The visitor's id: random, in a cookie, in place of the accounts and sessions that your application has. No password
 * is needed to try an example.
 */
export function visitorOf(cookies: string | null | undefined): string | undefined {
  return /(?:^|; )visitor=([\w-]{36})(?:;|$)/.exec(cookies ?? '')?.[1]
}

/** The `Set-Cookie` header of a new visitor. */
export function newVisitor(secure: boolean): string {
  return `visitor=${crypto.randomUUID()}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}
