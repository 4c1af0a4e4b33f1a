import type { ErrorCode } from '../errors.ts'
import { type Advice, advise } from './advise.ts'
import { apiAdvice } from './api-advice.ts'

/** What each code means and asks for. A code without its entry does not compile; the errors guide is made of this. */
export const advice: Readonly<Record<ErrorCode, Advice>> = {
  CONFIG_MISSING: advise(
    'developer',
    'A required option or variable is absent.',
    'Set the one that the message names.',
  ),
  CONFIG_INVALID: advise(
    'developer',
    'An option has a value that cannot be meant.',
    'Correct the option that the message names.',
  ),
  CONFIG_REDIRECT_URI: advise(
    'developer',
    'The redirect URI breaks a rule of Spotify, or no route of the handler serves it.',
    "Use https, or http on 127.0.0.1 or [::1], and register exactly the same URI in Spotify's dashboard.",
  ),
  CONFIG_ENDPOINT: advise(
    'developer',
    'An endpoint would send tokens over an open connection.',
    'Use an https URL, or http on a loopback address.',
  ),
  CONFIG_LOGIN_KEY: advise(
    'developer',
    'A login key is not 32 random bytes.',
    'Make one with "npx stagedoor keygen" and put it first in STAGEDOOR_LOGIN_KEYS.',
  ),
  CONFIG_VAULT_KEY: advise(
    'developer',
    'A local vault key is not 32 random bytes.',
    'Make one with "npx stagedoor keygen" and set STAGEDOOR_VAULT_KEY to it.',
  ),
  CONFIG_LEASE: advise(
    'developer',
    'A refresh could outlast the right to refresh, so that two processes would use one token.',
    'Raise refresh.lease above refresh.timeout, or lower refresh.timeout.',
  ),
  CONFIG_CLIENT_REJECTED: advise(
    'developer',
    'Spotify does not accept the client id or the client secret. Connections are kept.',
    "Compare SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET with Spotify's dashboard.",
  ),
  CONFIG_UNSUPPORTED_CLIENT: advise(
    'developer',
    'A database, Redis or KMS client is not of a kind that the adapter knows.',
    'Pass the client that the message names.',
  ),

  LOGIN_COOKIE_MISSING: advise(
    'user',
    'The callback came to a browser that holds no cookie of this sign-in.',
    'Offer to start the sign-in again in this browser; if it happens to everybody, see that cookies of the callback path arrive.',
  ),
  LOGIN_EXPIRED: advise('user', 'The sign-in took more than ten minutes.', 'Offer to start the sign-in again.'),
  LOGIN_ALREADY_USED: advise(
    'user',
    'The callback was opened a second time.',
    'Show the connection if there is one; else offer to start the sign-in again.',
  ),
  LOGIN_STATE_MISMATCH: advise(
    'user',
    'The callback does not belong to the sign-in that this browser began.',
    'Offer to start the sign-in again; treat many of them as an attack.',
  ),
  LOGIN_OWNER_MISMATCH: advise(
    'user',
    'Another user of your application is signed in than the one who began.',
    'Offer to start the sign-in again as the present user.',
  ),
  LOGIN_ISSUER_MISMATCH: advise(
    'user',
    'The callback names another authorization server (RFC 9207).',
    'Offer to start the sign-in again; treat many of them as an attack.',
  ),
  LOGIN_CALLBACK_INVALID: advise(
    'user',
    'The callback repeats or lacks a parameter.',
    'Offer to start the sign-in again.',
  ),
  LOGIN_DENIED: advise(
    'user',
    'The user did not give consent.',
    'Explain what the consent is for, and offer it again.',
  ),
  LOGIN_PROVIDER_ERROR: advise(
    'developer',
    'Spotify responded to the sign-in with an error, such as an unknown scope.',
    'Read `cause`, correct scopes or redirect URI; offer to start again.',
  ),
  LOGIN_CODE_REJECTED: advise(
    'user',
    'Spotify refused the authorization code: too old, used before, or for another redirect URI.',
    'Offer to start the sign-in again; if it happens to every user, compare the redirect URI with the dashboard.',
  ),
  LOGIN_UNAVAILABLE: advise(
    'no one',
    'Spotify did not respond during the sign-in.',
    'Offer to start the sign-in again in a minute.',
  ),
  LOGIN_NO_REFRESH_TOKEN: advise(
    'developer',
    'The authorization server gave no refresh token, so the connection would end within the hour.',
    'See that the provider is asked for offline access.',
  ),
  LOGIN_USER_NOT_ALLOWED: advise(
    'developer',
    "The user is not on the list of a development application's users.",
    "Add the user in Spotify's dashboard under User Management; a development application has room for five.",
  ),

  CONNECTION_NOT_FOUND: advise('user', 'This owner never connected, or has disconnected.', 'Offer to connect Spotify.'),
  CONNECTION_NEEDS_REAUTH: advise(
    'user',
    'The grant ended: it was revoked, or six months are over.',
    'Offer to connect Spotify again. Nothing else brings it back.',
  ),
  CONNECTION_REFRESH_FAILED: advise(
    'no one',
    'The access token could not be refreshed for a temporary reason.',
    'Try again later; the connection is kept.',
  ),
  CONNECTION_REFRESH_PENDING: advise(
    'no one',
    'Another process is refreshing and has not finished.',
    'Try again in a few seconds.',
  ),
  CONNECTION_NOT_STORED: advise(
    'database operator',
    'Spotify issued new tokens and the store did not accept them. They stay sealed in memory and are written when it does.',
    'Bring the database back before the process ends; then try again.',
  ),
  CONNECTION_CHANGED: advise('no one', 'Other processes kept changing the connection in the meantime.', 'Try again.'),

  STORE_UNAVAILABLE: advise(
    'database operator',
    'The database did not respond, or not in time.',
    'See that it runs, that it can be reached from here, and that the user may read and write; `cause` has its own words.',
  ),
  STORE_CORRUPT: advise(
    'database operator',
    'A stored connection cannot be read. Others are unharmed.',
    'Restore the record, or delete it and ask its owner to connect again.',
  ),
  STORE_NOT_MIGRATED: advise(
    'database operator',
    'The tables are missing, or belong to another version of this package.',
    'Run "npx stagedoor migrate", or update this package.',
  ),

  VAULT_MALFORMED: advise(
    'database operator',
    'A stored token is not in a known format.',
    'Restore the record; plaintext or foreign tokens are never accepted.',
  ),
  VAULT_KEY_UNKNOWN: advise(
    'key operator',
    'A token is under a key that is neither the current one nor among the retired.',
    'Add that key to `retired` of createVault; run "npx stagedoor rotate" before a key is taken away.',
  ),
  VAULT_DECRYPT_FAILED: advise(
    'key operator',
    'A token does not open: it was altered, belongs to another owner or client id, or the key is not the one it was sealed under.',
    'Compare the key and the client id with those that sealed; if one record alone fails, treat it as tampering.',
  ),
  VAULT_KMS_DENIED: advise(
    'key operator',
    'The key service refuses this identity.',
    'Grant it the permissions that the guide for your key service lists.',
  ),
  VAULT_KMS_UNAVAILABLE: advise(
    'key operator',
    'The key service did not respond within the timeout.',
    'See that it can be reached from here; the call may be repeated.',
  ),
  VAULT_KMS_THROTTLED: advise(
    'key operator',
    'The key service limits this identity.',
    'Try again later; raise the quota if it stays.',
  ),
  VAULT_KEY_DISABLED: advise(
    'key operator',
    'The key is disabled, destroyed or set to be deleted.',
    'Enable it, or cancel its deletion: what it wrapped cannot be opened without it.',
  ),

  ...apiAdvice,
}
