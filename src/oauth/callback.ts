import { LoginError } from '../errors.ts'
import { sameBytes, utf8 } from '../internal/bytes.ts'
import { oauth4webapi } from './oauth4webapi.ts'
import type { OAuthSettings } from './settings.ts'
import type { LoginTransaction } from './transaction.ts'

const singleParameters = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'response'] as const

/**
 * Checks an authorization response (RFC 6749 §4.1.2, RFC 9207) against its transaction.
 *
 * @returns the parameters to pass to the token request
 * @throws LoginError `LOGIN_CALLBACK_INVALID`, `LOGIN_STATE_MISMATCH`, `LOGIN_ISSUER_MISMATCH`, `LOGIN_EXPIRED`,
 *   `LOGIN_DENIED` or `LOGIN_PROVIDER_ERROR`
 */
export async function readCallback(
  url: URL,
  transaction: LoginTransaction,
  settings: OAuthSettings,
): Promise<URLSearchParams> {
  const parameters = url.searchParams
  if (singleParameters.some((name) => parameters.getAll(name).length > 1) || parameters.has('response')) {
    throw new LoginError(
      'LOGIN_CALLBACK_INVALID',
      'The callback repeats a parameter or uses a response mode that is not supported.',
    )
  }
  const state = parameters.get('state')
  if (state === null || !sameBytes(utf8(state), utf8(transaction.state))) {
    throw new LoginError(
      'LOGIN_STATE_MISMATCH',
      'The callback does not belong to the sign-in that this browser started.',
    )
  }
  const issuer = parameters.get('iss')
  if (issuer !== null && issuer !== settings.provider.issuer) {
    throw new LoginError('LOGIN_ISSUER_MISMATCH', 'The callback comes from another authorization server.')
  }
  if (settings.now() >= transaction.expiresAt) {
    throw new LoginError('LOGIN_EXPIRED', 'The sign-in took too long; start it again.')
  }
  const error = parameters.get('error')
  if (error === 'access_denied') throw new LoginError('LOGIN_DENIED', 'The user did not give consent.')
  if (error !== null) {
    throw new LoginError('LOGIN_PROVIDER_ERROR', 'The authorization server returned an error for the sign-in.')
  }
  const code = parameters.get('code')
  if (code === null || code === '' || code.length > 4096) {
    throw new LoginError('LOGIN_CALLBACK_INVALID', 'The callback has no authorization code.')
  }
  const { validateAuthResponse } = await oauth4webapi.load()
  try {
    const server = { issuer: settings.provider.issuer }
    return validateAuthResponse(server, { client_id: settings.clientId }, parameters, transaction.state)
  } catch {
    throw new LoginError('LOGIN_CALLBACK_INVALID', 'The callback is not a valid authorization response.')
  }
}
