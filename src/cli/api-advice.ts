import type { SpotifyApiErrorCode } from '../errors.ts'
import { type Advice, advise } from './advise.ts'

/** What the codes of `SpotifyApiError` mean and ask for. */
export const apiAdvice: Readonly<Record<SpotifyApiErrorCode, Advice>> = {
  API_BAD_REQUEST: advise(
    'developer',
    'Spotify does not accept the arguments.',
    'Correct the call; `reason` says what it objects to.',
  ),
  API_INVALID_LIMIT: advise(
    'developer',
    'The page is larger than Spotify allows this application.',
    "Leave `limit` out, or set appMode to what Spotify's dashboard says.",
  ),
  API_UNAUTHORIZED: advise(
    'user',
    'Spotify refuses a token that was just refreshed.',
    'Offer to connect Spotify again.',
  ),
  API_FORBIDDEN: advise(
    'developer',
    'Spotify does not allow the call.',
    'Read `action` and `reason`; the user may not own the object.',
  ),
  API_MISSING_SCOPE: advise(
    'user',
    'The user has not granted what the operation needs.',
    'Send the user to sign-in with the scopes that `scopes` names.',
  ),
  API_USER_NOT_ALLOWED: advise(
    'developer',
    "The user is not on the list of a development application's users.",
    "Add the user in Spotify's dashboard under User Management.",
  ),
  API_OWNER_NOT_PREMIUM: advise(
    'developer',
    'The owner of the application has no Premium subscription, which Spotify asks for.',
    "Renew the subscription of the account that owns the application in Spotify's dashboard.",
  ),
  API_PREMIUM_REQUIRED: advise(
    'user',
    'The operation is for Premium subscribers.',
    'Tell the user; do not repeat the call.',
  ),
  API_NO_ACTIVE_DEVICE: advise(
    'user',
    'Nothing is playing anywhere.',
    'Ask the user to open Spotify, or transfer playback to one of `player.devices()`.',
  ),
  API_NOT_FOUND: advise('developer', 'There is no such object.', 'See that the id is right and still exists.'),
  API_ENDPOINT_UNAVAILABLE: advise(
    'developer',
    'Spotify has removed the endpoint for applications like this one.',
    'Use the replacement that `action` names.',
  ),
  API_RATE_LIMITED: advise(
    'no one',
    'The rate limit requires a longer wait than the call allows.',
    'Try again after `retryAt`, or raise `maxWait`.',
  ),
  API_QUOTA_EXCEEDED: advise(
    'no one',
    'A daily quota of the application is used up.',
    'Try again after `retryAt`; ask Spotify for extended quota if it keeps happening.',
  ),
  API_SERVER_ERROR: advise('no one', 'Spotify responded with a server error, also to the retries.', 'Try again later.'),
  API_UNREACHABLE: advise(
    'no one',
    'No response was received: DNS, connection or TLS failed.',
    'See that this machine reaches Spotify; try again later.',
  ),
  API_TIMEOUT: advise(
    'no one',
    'No complete response was received in time.',
    'Try again, or raise `timeout`; a write may have happened.',
  ),
  API_CIRCUIT_OPEN: advise('no one', 'Spotify kept failing, so the call was not sent.', 'Try again after `retryAt`.'),
  API_QUEUE_FULL: advise(
    'developer',
    'More calls wait for the limiter than it keeps.',
    'Send fewer at a time, or raise `maxQueue`.',
  ),
  API_BAD_RESPONSE: advise(
    'no one',
    'The response is not what Spotify documents.',
    'Report it with the code and the operation if it persists.',
  ),
  API_PARTLY_DONE: advise(
    'developer',
    'A long list was processed in parts, and one part failed.',
    'Go on with what is not in `done`; `cause` says why the part failed.',
  ),
  API_CLOSED: advise(
    'developer',
    'The client or limiter was closed before the call.',
    'Call before close(), or make a new one.',
  ),
}
