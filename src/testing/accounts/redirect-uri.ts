import { isLoopback } from '../../internal/loopback.ts'
import type { FakeClientOptions } from '../options.ts'

/** The error that Spotify's page shows for a redirect URI, or undefined if it is allowed. */
export function redirectUriProblem(client: FakeClientOptions, uri: string): string | undefined {
  let url: URL
  try {
    url = new URL(uri)
  } catch {
    return 'INVALID_CLIENT: Invalid redirect URI'
  }
  const loopback = isLoopback(url.hostname, { exact: true })
  if (url.protocol === 'http:' && !loopback) return 'INVALID_CLIENT: Insecure redirect URI'
  if (url.hash !== '' || uri.includes('#')) return 'INVALID_CLIENT: Invalid redirect URI'
  const { redirectUris } = client
  if (redirectUris === undefined || redirectUris.includes(uri)) return undefined
  // A loopback literal registered without a port matches any port (RFC 8252 §7.3).
  if (url.protocol === 'http:' && loopback && url.port !== '') {
    const portless = uri.replace(`:${url.port}`, '')
    if (redirectUris.includes(portless)) return undefined
  }
  return 'INVALID_CLIENT: Invalid redirect URI'
}
