import type { SpotifyApiErrorCode } from '../error-codes.ts'
import { type ErrorEntry, forLater, forOperator, type ProblemText } from './entry.ts'

const refused: ProblemText = {
  status: 400,
  title: '{provider} refused the request',
  detail: 'Check its parameters.',
}
const notAllowed = forOperator(403, '{provider} does not allow this')
const tooManyRequests = forLater(503, 'Too many requests to {provider} right now')
const noUsableResponse = forLater(502, '{provider} did not send a usable response')

export const apiErrors = {
  API_BAD_REQUEST: {
    actor: 'developer',
    meaning: 'Spotify does not accept the arguments.',
    action: 'Correct the call; `reason` has the reason that Spotify gives.',
    problem: refused,
  },
  API_INVALID_LIMIT: {
    actor: 'developer',
    meaning: 'The page is larger than Spotify allows this application.',
    action: "Omit `limit`, or set appMode to the mode that Spotify's dashboard shows.",
    problem: refused,
  },
  API_UNAUTHORIZED: {
    actor: 'user',
    meaning: 'Spotify refuses a token that was just refreshed.',
    action: 'Offer to connect Spotify again.',
    problem: {
      status: 409,
      title: '{provider} no longer accepts the connection',
      detail: 'Connect {provider} again through auth.',
    },
  },
  API_FORBIDDEN: {
    actor: 'developer',
    meaning: 'Spotify does not allow the call.',
    action: 'Read `action` and `reason`; the user may not own the object.',
    problem: notAllowed,
  },
  API_MISSING_SCOPE: {
    actor: 'user',
    meaning: 'The user has not granted the scopes that the operation needs.',
    action: 'Send the user to sign-in with the scopes that `scopes` names.',
    problem: {
      status: 403,
      title: 'A permission is missing',
      detail: 'Ask for it through auth?scope=… with the scopes the error names.',
    },
  },
  API_USER_NOT_ALLOWED: {
    actor: 'developer',
    meaning: 'The account is not on the list of users of an application in development mode.',
    action: "Add the user in Spotify's dashboard under User Management.",
    problem: notAllowed,
  },
  API_OWNER_NOT_PREMIUM: {
    actor: 'developer',
    meaning: 'The owner of the application has no Premium subscription, which Spotify requires.',
    action: "Renew the subscription of the account that owns the application in Spotify's dashboard.",
    problem: notAllowed,
  },
  API_PREMIUM_REQUIRED: {
    actor: 'user',
    meaning: 'The operation is for Premium subscribers.',
    action: 'Tell the user; do not repeat the call.',
    problem: notAllowed,
  },
  API_NO_ACTIVE_DEVICE: {
    actor: 'user',
    meaning: 'The user has no active device.',
    action: 'Ask the user to open Spotify, or transfer playback to one of `player.devices()`.',
    problem: { status: 409, title: 'No active device', detail: 'Open {provider} on a device first.' },
  },
  API_NOT_FOUND: {
    actor: 'developer',
    meaning: 'There is no such object.',
    action: 'Check that the id is right and still exists.',
    problem: { status: 404, title: '{provider} does not know this', detail: 'Check the id.' },
  },
  API_ENDPOINT_UNAVAILABLE: {
    actor: 'developer',
    meaning: 'Spotify has removed the endpoint for applications like this one.',
    action: 'Use the replacement that `action` names.',
    problem: notAllowed,
  },
  API_RATE_LIMITED: {
    actor: 'caller',
    meaning: 'The rate limit requires a longer wait than the call allows.',
    action: 'Try again after `retryAt`, or raise `maxWait`.',
    problem: tooManyRequests,
  },
  API_QUOTA_EXCEEDED: {
    actor: 'caller',
    meaning: 'A daily quota of the application is used up.',
    action: 'Try again after `retryAt`; request extended quota from Spotify if it keeps happening.',
    problem: {
      status: 503,
      title: '{provider} has no quota left for this application',
      detail: 'Try again in a few hours.',
    },
  },
  API_SERVER_ERROR: {
    actor: 'caller',
    meaning: 'Spotify responded with a server error, also to the retries.',
    action: 'Try again later.',
    problem: noUsableResponse,
  },
  API_UNREACHABLE: {
    actor: 'caller',
    meaning: 'No response arrived: DNS, connection or TLS failed.',
    action: 'Check that this machine reaches Spotify; try again later.',
    problem: noUsableResponse,
  },
  API_TIMEOUT: {
    actor: 'caller',
    meaning: 'No complete response arrived in time.',
    action: 'Try again, or raise `timeout`; a write may have happened.',
    problem: forLater(504, '{provider} took too long'),
  },
  API_CIRCUIT_OPEN: {
    actor: 'caller',
    meaning: 'Earlier calls kept failing, so this one was not sent.',
    action: 'Try again after `retryAt`.',
    problem: tooManyRequests,
  },
  API_QUEUE_FULL: {
    actor: 'developer',
    meaning: "The limiter's queue is full.",
    action: 'Send fewer calls at a time, or raise `maxQueue`.',
    problem: tooManyRequests,
  },
  API_BAD_RESPONSE: {
    actor: 'caller',
    meaning: 'The response is not what Spotify documents.',
    action: 'Report it with the code and the operation if it keeps happening.',
    problem: noUsableResponse,
  },
  API_PARTLY_DONE: {
    actor: 'developer',
    meaning: 'A long list was processed in parts, and one part failed.',
    action: 'Continue with what is not in `done`; `cause` is the error of the part that failed.',
    problem: {
      status: 502,
      title: 'Only a part was done',
      detail: 'Read back what was done before you repeat the rest.',
    },
  },
  API_CLOSED: {
    actor: 'developer',
    meaning: 'The client or limiter was closed before the call.',
    action: 'Call before close(), or create a new one.',
    problem: tooManyRequests,
  },
} as const satisfies Record<SpotifyApiErrorCode, ErrorEntry>
