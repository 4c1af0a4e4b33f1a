import type { ErrorCode } from '../errors.ts'

/** The requests that the handler itself refuses. */
export type HttpErrorCode =
  | 'HTTP_UNAUTHENTICATED'
  | 'HTTP_FORBIDDEN_ORIGIN'
  | 'HTTP_NOT_FOUND'
  | 'HTTP_METHOD_NOT_ALLOWED'
  | 'HTTP_BODY_TOO_LARGE'
  | 'HTTP_URL_TOO_LONG'
  | 'HTTP_UNSUPPORTED_MEDIA_TYPE'
  | 'HTTP_BAD_BODY'
  | 'HTTP_BAD_QUERY'
  | 'HTTP_BAD_RETURN_TO'
  | 'HTTP_SCOPE_NOT_ALLOWED'

/** Every code that a response of the handler can have. */
export type ProblemCode = ErrorCode | HttpErrorCode

export interface ProblemText {
  readonly status: number
  /** What happened, the same for every occurrence. */
  readonly title: string
  /** What to do. */
  readonly detail: string
}

const operator = 'This is not caused by the user. Contact the operator of this application and give the code.'
const later = 'Try again in a few minutes.'

/** Status, title and advice for a code. The switch is exhaustive: a new code does not compile without its text. */
export function describe(code: ProblemCode, provider: string): ProblemText {
  const text = (status: number, title: string, detail: string): ProblemText => ({ status, title, detail })
  switch (code) {
    case 'HTTP_UNAUTHENTICATED':
      return text(401, 'Not signed in', 'Sign in to this application first, then try again.')
    case 'HTTP_FORBIDDEN_ORIGIN':
      return text(403, 'Foreign origin', 'Send the request from a page of this application, or list the origin.')
    case 'HTTP_NOT_FOUND':
      return text(404, 'No such resource', 'Use one of auth, callback, connection and health.')
    case 'HTTP_METHOD_NOT_ALLOWED':
      return text(405, 'Method not allowed', 'Use a method that the Allow header names.')
    case 'HTTP_BODY_TOO_LARGE':
      return text(413, 'Body too large', 'Send at most 16 KiB.')
    case 'HTTP_URL_TOO_LONG':
      return text(414, 'URL too long', 'Send a URL of at most 8,192 characters.')
    case 'HTTP_UNSUPPORTED_MEDIA_TYPE':
      return text(415, 'Unsupported media type', 'Send the body as application/json.')
    case 'HTTP_BAD_BODY':
      return text(400, 'Malformed body', 'Send a JSON object with the parameters of the callback as strings.')
    case 'HTTP_BAD_QUERY':
      return text(400, 'Malformed query', 'Send each of returnTo, scope and showDialog at most once.')
    case 'HTTP_BAD_RETURN_TO':
      return text(400, 'Unacceptable returnTo', 'Send a path of this origin, such as /library, of at most 512 bytes.')
    case 'HTTP_SCOPE_NOT_ALLOWED':
      return text(400, 'Scope not offered', 'Ask only for scopes that this application lists.')

    case 'LOGIN_DENIED':
      return text(403, `${provider} was not connected`, 'Access was declined. Connect again whenever you like.')
    case 'LOGIN_EXPIRED':
      return text(400, 'The sign-in took too long', 'A sign-in is valid for ten minutes. Start it again.')
    case 'LOGIN_ALREADY_USED':
      return text(
        400,
        'This sign-in was already completed',
        'Each sign-in works once. Start again if nothing is connected.',
      )
    case 'LOGIN_COOKIE_MISSING':
      return text(400, 'This sign-in began elsewhere', 'Start again in this browser, with cookies allowed.')
    case 'LOGIN_STATE_MISMATCH':
    case 'LOGIN_CALLBACK_INVALID':
    case 'LOGIN_ISSUER_MISMATCH':
      return text(400, 'The callback does not belong to this sign-in', 'Start the sign-in again from this application.')
    case 'LOGIN_OWNER_MISMATCH':
      return text(403, 'Another user began this sign-in', 'Start it again as the user who is signed in now.')
    case 'LOGIN_CODE_REJECTED':
      return text(400, `${provider} refused the sign-in code`, 'Codes are short-lived and work once. Start again.')
    case 'LOGIN_PROVIDER_ERROR':
      return text(
        502,
        `${provider} reported an error`,
        'Start again. If this happens again, contact the operator of this application.',
      )
    case 'LOGIN_UNAVAILABLE':
      return text(503, `${provider} cannot be reached`, 'Start the sign-in again in a few minutes.')
    case 'LOGIN_NO_REFRESH_TOKEN':
      return text(
        502,
        `${provider} granted no offline access`,
        'Start again. If this happens again, contact the operator of this application.',
      )
    case 'LOGIN_USER_NOT_ALLOWED':
      return text(
        403,
        'This account is not on the list',
        `Ask the operator of this application to add your ${provider} account.`,
      )

    case 'CONNECTION_NOT_FOUND':
      return text(404, 'No connection', `Connect ${provider} through auth.`)
    case 'CONNECTION_NEEDS_REAUTH':
      return text(409, 'The connection has ended', `Connect ${provider} again through auth.`)
    case 'CONNECTION_CHANGED':
      return text(409, 'The connection changed meanwhile', 'Read the connection again, then decide again.')
    case 'CONNECTION_NOT_STORED':
      return text(503, 'The connection could not be stored', 'Start the sign-in again in a few minutes.')
    case 'CONNECTION_REFRESH_FAILED':
    case 'CONNECTION_REFRESH_PENDING':
      return text(503, 'The connection is being renewed', `The connection is still stored. ${later}`)

    case 'STORE_UNAVAILABLE':
    case 'VAULT_KMS_UNAVAILABLE':
    case 'VAULT_KMS_THROTTLED':
      return text(503, 'A service that this application needs does not respond', later)
    case 'STORE_CORRUPT':
    case 'STORE_NOT_MIGRATED':
      return text(500, 'The stored connection cannot be read', operator)
    case 'VAULT_MALFORMED':
    case 'VAULT_KEY_UNKNOWN':
    case 'VAULT_DECRYPT_FAILED':
    case 'VAULT_KMS_DENIED':
    case 'VAULT_KEY_DISABLED':
      return text(500, 'The stored tokens cannot be opened', operator)
    case 'CONFIG_MISSING':
    case 'CONFIG_INVALID':
    case 'CONFIG_REDIRECT_URI':
    case 'CONFIG_ENDPOINT':
    case 'CONFIG_LOGIN_KEY':
    case 'CONFIG_VAULT_KEY':
    case 'CONFIG_LEASE':
    case 'CONFIG_CLIENT_REJECTED':
    case 'CONFIG_UNSUPPORTED_CLIENT':
      return text(500, 'This application is not set up correctly', operator)

    case 'API_QUOTA_EXCEEDED':
      return text(503, `${provider} has no quota left for this application`, 'Try again in a few hours.')
    case 'API_RATE_LIMITED':
    case 'API_CIRCUIT_OPEN':
    case 'API_QUEUE_FULL':
    case 'API_CLOSED':
      return text(503, `Too many requests to ${provider} right now`, later)
    case 'API_SERVER_ERROR':
    case 'API_UNREACHABLE':
    case 'API_BAD_RESPONSE':
      return text(502, `${provider} did not send a usable response`, later)
    case 'API_TIMEOUT':
      return text(504, `${provider} took too long`, later)
    case 'API_UNAUTHORIZED':
      return text(409, `${provider} no longer accepts the connection`, `Connect ${provider} again through auth.`)
    case 'API_MISSING_SCOPE':
      return text(403, 'A permission is missing', 'Ask for it through auth?scope=… with the scopes the error names.')
    case 'API_FORBIDDEN':
    case 'API_USER_NOT_ALLOWED':
    case 'API_OWNER_NOT_PREMIUM':
    case 'API_PREMIUM_REQUIRED':
    case 'API_ENDPOINT_UNAVAILABLE':
      return text(403, `${provider} does not allow this`, operator)
    case 'API_NO_ACTIVE_DEVICE':
      return text(409, 'No active device', `Open ${provider} on a device first.`)
    case 'API_NOT_FOUND':
      return text(404, `${provider} does not know this`, 'Check the id.')
    case 'API_BAD_REQUEST':
    case 'API_INVALID_LIMIT':
      return text(400, `${provider} refused the request`, 'Check its parameters.')
    case 'API_PARTLY_DONE':
      return text(502, 'Only a part was done', 'Read back what was done before you repeat the rest.')
  }
}
