import { ConfigError } from '../errors.ts'
import { isLoopback } from '../internal/loopback.ts'
import type { Provider } from './provider.ts'

/**
 * Checks a redirect URI by the rules of RFC 6749 §3.1.2, and by the provider's own or, if it has none, those of
 * RFC 8252 and RFC 9700.
 *
 * @throws ConfigError `CONFIG_MISSING` or `CONFIG_REDIRECT_URI`
 */
export function checkRedirectUri(redirectUri: string, provider: Pick<Provider, 'redirectUriProblem'>): URL {
  if (typeof redirectUri !== 'string' || redirectUri === '') {
    throw new ConfigError('CONFIG_MISSING', 'redirectUri is missing: the callback URL registered with the provider.')
  }
  const url = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined
  if (url === undefined) throw invalid('is not an absolute URL.')
  if (url.username !== '' || url.password !== '') throw invalid('must not carry credentials.')
  if (redirectUri.includes('#')) throw invalid('must not have a fragment (RFC 6749 §3.1.2).')
  const problem = (provider.redirectUriProblem ?? insecureRedirectUri)(url)
  if (problem !== undefined) throw invalid(problem)
  return url
}

/**
 * The rule for a web application: https, or http on a loopback address (RFC 9700 §2.1, RFC 8252 §7.3), which excludes the
 * name localhost (RFC 8252 §8.3).
 */
export function insecureRedirectUri({ protocol, hostname }: URL): string | undefined {
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return undefined
  return 'must use https; plain http is for the loopback addresses 127.0.0.1 and [::1] only.'
}

function invalid(problem: string): ConfigError {
  return new ConfigError('CONFIG_REDIRECT_URI', `redirectUri ${problem}`)
}
