interface LoopbackOptions {
  /** Accepts the name `localhost` too. A resolver may map it to another machine. @default false */
  readonly localhost?: boolean
  /** Accepts 127.0.0.1 alone of 127.0.0.0/8. @default false */
  readonly exact?: boolean
}

/**
 * Whether a host is this machine: an address of 127.0.0.0/8 (RFC 1122 §3.2.1.3) or `[::1]` (RFC 4291 §2.5.3).
 *
 * @param hostname as in `URL.hostname`, which writes addresses in their normal form
 */
export function isLoopback(hostname: string, { localhost = false, exact = false }: LoopbackOptions = {}): boolean {
  if (hostname === '127.0.0.1' || hostname === '[::1]') return true
  if (hostname === 'localhost') return localhost
  return !exact && /^127(\.\d{1,3}){3}$/.test(hostname)
}
