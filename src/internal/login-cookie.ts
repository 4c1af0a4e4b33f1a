import { parseCookies } from './cookie.ts'

const plain = 'stagedoor_login_'
const hostPrefixed = `__Host-${plain}`

/**
 * The name of one sign-in's cookie: each transaction has its own, so that two tabs do not overwrite each other.
 * On an https origin it has the `__Host-` prefix (RFC 6265bis §4.1.3.2), so that no sibling host can set one.
 */
export function loginCookieName(id: string, secure: boolean): string {
  return (secure ? hostPrefixed : plain) + id
}

/** The transaction ids of the login cookies in a `Cookie` header, in the header's order. */
export function loginCookieIds(header: string | null | undefined, secure: boolean): readonly string[] {
  const prefix = secure ? hostPrefixed : plain
  return parseCookies(header).flatMap(({ name }) =>
    name.startsWith(prefix) && name.length > prefix.length ? [name.slice(prefix.length)] : [],
  )
}
