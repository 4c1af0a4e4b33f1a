import type { LoginErrorCode } from '../error-codes.ts'
import type { ErrorEntry, ProblemText } from './entry.ts'

const foreignCallback: ProblemText = {
  status: 400,
  title: 'The callback does not belong to this sign-in',
  detail: 'Start the sign-in again from this application.',
}
const startAgain = 'Start again. If this happens again, contact the operator of this application.'

export const loginErrors = {
  LOGIN_COOKIE_MISSING: {
    actor: 'user',
    meaning: 'The browser that opened the callback has no cookie of this sign-in.',
    action:
      'Offer to start the sign-in again in this browser; if it happens to every user, check that cookies reach the callback path.',
    problem: {
      status: 400,
      title: 'This sign-in began elsewhere',
      detail: 'Start again in this browser, with cookies allowed.',
    },
  },
  LOGIN_EXPIRED: {
    actor: 'user',
    meaning: 'The sign-in took more than ten minutes.',
    action: 'Offer to start the sign-in again.',
    problem: {
      status: 400,
      title: 'The sign-in took too long',
      detail: 'A sign-in is valid for ten minutes. Start it again.',
    },
  },
  LOGIN_ALREADY_USED: {
    actor: 'user',
    meaning: 'The callback was opened a second time.',
    action: 'Show the connection if there is one; otherwise offer to start the sign-in again.',
    problem: {
      status: 400,
      title: 'This sign-in was already completed',
      detail: 'Each sign-in works once. Start again if nothing is connected.',
    },
  },
  LOGIN_STATE_MISMATCH: {
    actor: 'user',
    meaning: 'The callback belongs to no sign-in that was started in this browser.',
    action: 'Offer to start the sign-in again; treat many of them as an attack.',
    problem: foreignCallback,
  },
  LOGIN_OWNER_MISMATCH: {
    actor: 'user',
    meaning: 'The user who is signed in to your application is not the one who started this sign-in.',
    action: 'Offer to start the sign-in again as the current user.',
    problem: {
      status: 403,
      title: 'Another user began this sign-in',
      detail: 'Start it again as the user who is signed in now.',
    },
  },
  LOGIN_ISSUER_MISMATCH: {
    actor: 'user',
    meaning: 'The callback names another authorization server (RFC 9207).',
    action: 'Offer to start the sign-in again; treat many of them as an attack.',
    problem: foreignCallback,
  },
  LOGIN_CALLBACK_INVALID: {
    actor: 'user',
    meaning: 'The callback repeats or lacks a parameter.',
    action: 'Offer to start the sign-in again.',
    problem: foreignCallback,
  },
  LOGIN_DENIED: {
    actor: 'user',
    meaning: 'The user did not give consent.',
    action: 'Explain what the consent is for, and offer it again.',
    problem: {
      status: 403,
      title: '{provider} was not connected',
      detail: 'Access was declined. Connect again whenever you like.',
    },
  },
  LOGIN_PROVIDER_ERROR: {
    actor: 'developer',
    meaning: 'Spotify ended the sign-in with an error, such as an unknown scope.',
    action: 'Read `cause`, correct the scopes or the redirect URI, and offer to start again.',
    problem: { status: 502, title: '{provider} reported an error', detail: startAgain },
  },
  LOGIN_CODE_REJECTED: {
    actor: 'user',
    meaning: 'Spotify refused the authorization code: too old, used before, or for another redirect URI.',
    action:
      'Offer to start the sign-in again; if it happens to every user, compare the redirect URI with the dashboard.',
    problem: {
      status: 400,
      title: '{provider} refused the sign-in code',
      detail: 'Codes are short-lived and work once. Start again.',
    },
  },
  LOGIN_UNAVAILABLE: {
    actor: 'caller',
    meaning: 'Spotify did not respond during the sign-in.',
    action: 'Offer to start the sign-in again in a minute.',
    problem: {
      status: 503,
      title: '{provider} cannot be reached',
      detail: 'Start the sign-in again in a few minutes.',
    },
  },
  LOGIN_NO_REFRESH_TOKEN: {
    actor: 'developer',
    meaning: 'The authorization server issued no refresh token, so the connection would end within the hour.',
    action: 'Check that offline access is requested from the provider.',
    problem: { status: 502, title: '{provider} granted no offline access', detail: startAgain },
  },
  LOGIN_USER_NOT_ALLOWED: {
    actor: 'developer',
    meaning: 'The account is not on the list of users of an application in development mode.',
    action: "Add the user in Spotify's dashboard under User Management; there is room for five.",
    problem: {
      status: 403,
      title: 'This account is not on the list',
      detail: 'Ask the operator of this application to add your {provider} account.',
    },
  },
} as const satisfies Record<LoginErrorCode, ErrorEntry>
