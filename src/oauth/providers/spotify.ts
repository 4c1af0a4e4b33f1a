import { isObject } from '../../internal/is-object.ts'
import { type AccountRequest, type AccountResponse, defineProvider } from '../provider.ts'
import { insecureRedirectUri } from '../redirect-uri.ts'
import { defaultScopes } from './spotify-scopes.ts'

/**
 * Spotify's accounts service, as of 2026: a grant ends six months after the user's authorization, a refresh usually
 * returns no new refresh token, and no revocation endpoint is documented.
 *
 * @see https://developer.spotify.com/documentation/web-api/tutorials/refreshing-tokens
 */
export const spotifyProvider = defineProvider({
  id: 'spotify',
  issuer: 'https://accounts.spotify.com',
  endpoints: {
    authorization: 'https://accounts.spotify.com/authorize',
    token: 'https://accounts.spotify.com/api/token',
    api: 'https://api.spotify.com/v1',
  },
  defaultScopes,
  grantMonths: 6,
  refreshTokensRotate: false,
  defaultExpiresIn: 3600,
  manageUrl: 'https://www.spotify.com/account/apps/',
  authorizationParameters: ({ showDialog }): Readonly<Record<string, string>> =>
    showDialog ? { show_dialog: 'true' } : {},
  redirectUriProblem,
  account,
})

/** Since November 2025 Spotify refuses localhost, under https too, and plain http on other hosts than loopback addresses. */
function redirectUriProblem(uri: URL): string | undefined {
  if (uri.hostname === 'localhost' || uri.hostname.endsWith('.localhost')) {
    return 'must not use localhost: write the loopback address 127.0.0.1 or [::1].'
  }
  return insecureRedirectUri(uri)
}

/**
 * `GET /me`. A user who is not on a development application's list can sign in but gets 403 on every call; that body is
 * plain text. `account_id` is the id for linking (since May 2026), `id` where it is absent.
 */
async function account({ accessToken, endpoints, fetch, signal }: AccountRequest): Promise<AccountResponse> {
  try {
    const response = await fetch(`${endpoints.api}/me`, {
      headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
      redirect: 'manual',
      ...(signal === undefined ? {} : { signal }),
    })
    const text = await response.text()
    if (response.status === 403) {
      return { outcome: /user not registered|not registered in the developer/i.test(text) ? 'refused' : 'unavailable' }
    }
    if (response.status !== 200) return { outcome: 'unavailable' }
    const body: unknown = JSON.parse(text)
    if (!isObject(body)) return { outcome: 'unavailable' }
    const { account_id, id, display_name } = body
    const accountId = [account_id, id].find((value) => typeof value === 'string' && value !== '')
    if (typeof accountId !== 'string') return { outcome: 'unavailable' }
    return {
      outcome: 'found',
      account: { id: accountId, ...(typeof display_name === 'string' ? { name: display_name } : {}) },
    }
  } catch (error) {
    if (signal?.aborted) throw error
    return { outcome: 'unavailable' }
  }
}
