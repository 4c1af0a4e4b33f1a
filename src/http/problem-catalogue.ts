import type { ErrorCode } from '../errors.ts'

/** What the handler itself refuses before anything else is asked. */
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

/** Every code an answer of the handler can carry. */
export type ProblemCode = ErrorCode | HttpErrorCode

export interface ProblemText {
  readonly status: number
  /** What happened, the same for every occurrence. */
  readonly title: string
  /** What to do. */
  readonly detail: string
}

const operator = 'Nothing the user did is wrong. Tell whoever runs this application, with the code.'
const later = 'Try again in a few minutes.'

/** Status, title and advice for a code. The switch is exhaustive: a new code does not compile without its answer. */
export function describe(code: ProblemCode, provider: string): ProblemText {
  const say = (status: number, title: string, detail: string): ProblemText => ({ status, title, detail })
  switch (code) {
    case 'HTTP_UNAUTHENTICATED':
      return say(401, 'Not signed in', 'Sign in to this application first, then try again.')
    case 'HTTP_FORBIDDEN_ORIGIN':
      return say(403, 'Foreign origin', 'Send the request from a page of this application, or list the origin.')
    case 'HTTP_NOT_FOUND':
      return say(404, 'No such resource', 'Use one of auth, callback, connection and health.')
    case 'HTTP_METHOD_NOT_ALLOWED':
      return say(405, 'Method not allowed', 'Use a method that the Allow header names.')
    case 'HTTP_BODY_TOO_LARGE':
      return say(413, 'Body too large', 'Send at most 16 KiB.')
    case 'HTTP_URL_TOO_LONG':
      return say(414, 'URL too long', 'Send a URL of at most 8,192 characters.')
    case 'HTTP_UNSUPPORTED_MEDIA_TYPE':
      return say(415, 'Unsupported media type', 'Send the body as application/json.')
    case 'HTTP_BAD_BODY':
      return say(400, 'Malformed body', 'Send a JSON object with the parameters of the callback as strings.')
    case 'HTTP_BAD_QUERY':
      return say(400, 'Malformed query', 'Send each of returnTo, scope and showDialog at most once.')
    case 'HTTP_BAD_RETURN_TO':
      return say(400, 'Unacceptable returnTo', 'Send a path of this origin, such as /library, of at most 512 bytes.')
    case 'HTTP_SCOPE_NOT_ALLOWED':
      return say(400, 'Scope not offered', 'Ask only for scopes that this application lists.')

    case 'LOGIN_DENIED':
      return say(403, `${provider} was not connected`, 'Access was declined. Connect again whenever you like.')
    case 'LOGIN_EXPIRED':
      return say(400, 'The sign-in took too long', 'A sign-in is valid for ten minutes. Start it again.')
    case 'LOGIN_ALREADY_USED':
      return say(
        400,
        'This sign-in was already completed',
        'Each sign-in works once. Start again if nothing is connected.',
      )
    case 'LOGIN_COOKIE_MISSING':
      return say(400, 'This sign-in began elsewhere', 'Start again in this browser, with cookies allowed.')
    case 'LOGIN_STATE_MISMATCH':
    case 'LOGIN_CALLBACK_INVALID':
    case 'LOGIN_ISSUER_MISMATCH':
      return say(400, 'The answer does not belong to this sign-in', 'Start the sign-in again from this application.')
    case 'LOGIN_OWNER_MISMATCH':
      return say(403, 'Somebody else began this sign-in', 'Start it again as the user who is signed in now.')
    case 'LOGIN_CODE_REJECTED':
      return say(400, `${provider} refused the sign-in code`, 'Codes are short-lived and work once. Start again.')
    case 'LOGIN_PROVIDER_ERROR':
      return say(502, `${provider} reported an error`, 'Start again. If it stays, tell whoever runs this application.')
    case 'LOGIN_UNAVAILABLE':
      return say(503, `${provider} cannot be reached`, 'Start the sign-in again in a few minutes.')
    case 'LOGIN_NO_REFRESH_TOKEN':
      return say(
        502,
        `${provider} granted no lasting access`,
        'Start again. If it stays, tell whoever runs this application.',
      )
    case 'LOGIN_USER_NOT_ALLOWED':
      return say(
        403,
        'This account is not on the list',
        `Ask whoever runs this application to add your ${provider} account.`,
      )

    case 'CONNECTION_NOT_FOUND':
      return say(404, 'No connection', `Connect ${provider} through auth.`)
    case 'CONNECTION_NEEDS_REAUTH':
      return say(409, 'The connection has ended', `Connect ${provider} again through auth.`)
    case 'CONNECTION_CHANGED':
      return say(409, 'The connection changed meanwhile', 'Read the connection again and decide anew.')
    case 'CONNECTION_NOT_STORED':
      return say(503, 'The connection could not be stored', 'Start the sign-in again in a few minutes.')
    case 'CONNECTION_REFRESH_FAILED':
    case 'CONNECTION_REFRESH_PENDING':
      return say(503, 'The connection is being renewed', `Nothing is lost. ${later}`)

    case 'STORE_UNAVAILABLE':
    case 'VAULT_KMS_UNAVAILABLE':
    case 'VAULT_KMS_THROTTLED':
      return say(503, 'A service this application needs does not answer', later)
    case 'STORE_CORRUPT':
    case 'STORE_NOT_MIGRATED':
      return say(500, 'The stored connection cannot be read', operator)
    case 'VAULT_MALFORMED':
    case 'VAULT_KEY_UNKNOWN':
    case 'VAULT_DECRYPT_FAILED':
    case 'VAULT_KMS_DENIED':
    case 'VAULT_KEY_DISABLED':
      return say(500, 'The stored tokens cannot be opened', operator)
    case 'CONFIG_MISSING':
    case 'CONFIG_INVALID':
    case 'CONFIG_REDIRECT_URI':
    case 'CONFIG_ENDPOINT':
    case 'CONFIG_LOGIN_KEY':
    case 'CONFIG_VAULT_KEY':
    case 'CONFIG_LEASE':
    case 'CONFIG_CLIENT_REJECTED':
    case 'CONFIG_UNSUPPORTED_CLIENT':
      return say(500, 'This application is not set up correctly', operator)

    case 'API_QUOTA_EXCEEDED':
      return say(503, `${provider} has no quota left for this application`, 'Try again in some hours.')
    case 'API_RATE_LIMITED':
    case 'API_CIRCUIT_OPEN':
    case 'API_QUEUE_FULL':
    case 'API_CLOSED':
      return say(503, `${provider} is asked too much at present`, later)
    case 'API_SERVER_ERROR':
    case 'API_UNREACHABLE':
    case 'API_BAD_RESPONSE':
      return say(502, `${provider} gave no usable answer`, later)
    case 'API_TIMEOUT':
      return say(504, `${provider} took too long`, later)
    case 'API_UNAUTHORIZED':
      return say(409, `${provider} no longer accepts the connection`, `Connect ${provider} again through auth.`)
    case 'API_MISSING_SCOPE':
      return say(403, 'A permission is missing', 'Ask for it through auth?scope=… with the scopes the error names.')
    case 'API_FORBIDDEN':
    case 'API_USER_NOT_ALLOWED':
    case 'API_OWNER_NOT_PREMIUM':
    case 'API_PREMIUM_REQUIRED':
    case 'API_ENDPOINT_UNAVAILABLE':
      return say(403, `${provider} does not allow this`, operator)
    case 'API_NO_ACTIVE_DEVICE':
      return say(409, 'Nothing is playing anywhere', `Open ${provider} on a device first.`)
    case 'API_NOT_FOUND':
      return say(404, `${provider} does not know this`, 'Check the id.')
    case 'API_BAD_REQUEST':
    case 'API_INVALID_LIMIT':
      return say(400, `${provider} refused the request`, 'Check its parameters.')
    case 'API_PARTLY_DONE':
      return say(502, 'Only a part was done', 'Read what is there before you repeat the rest.')
  }
}
