import type { ConnectionErrorCode } from '../error-codes.ts'
import type { ErrorEntry, ProblemText } from './entry.ts'

const renewing: ProblemText = {
  status: 503,
  title: 'The connection is being renewed',
  detail: 'The connection is still stored. Try again in a few minutes.',
}

export const connectionErrors = {
  CONNECTION_NOT_FOUND: {
    actor: 'user',
    meaning: 'This owner never connected, or has disconnected.',
    action: 'Offer to connect Spotify.',
    problem: { status: 404, title: 'No connection', detail: 'Connect {provider} through auth.' },
  },
  CONNECTION_NEEDS_REAUTH: {
    actor: 'user',
    meaning: 'The grant has ended: it was revoked, or six months have passed.',
    action: 'Offer to connect Spotify again. There is no other way to restore the connection.',
    problem: { status: 409, title: 'The connection has ended', detail: 'Connect {provider} again through auth.' },
  },
  CONNECTION_REFRESH_FAILED: {
    actor: 'caller',
    meaning: 'The access token could not be refreshed, for a temporary reason.',
    action: 'Try again later; the connection is kept.',
    problem: renewing,
  },
  CONNECTION_REFRESH_PENDING: {
    actor: 'caller',
    meaning: 'Another process is refreshing and has not finished.',
    action: 'Try again in a few seconds.',
    problem: renewing,
  },
  CONNECTION_NOT_STORED: {
    actor: 'database operator',
    meaning:
      'Spotify issued new tokens and the store did not accept them. They are kept sealed in memory and written when it does.',
    action: 'Restore the database before the process ends; then try again.',
    problem: {
      status: 503,
      title: 'The connection could not be stored',
      detail: 'Start the sign-in again in a few minutes.',
    },
  },
  CONNECTION_CHANGED: {
    actor: 'caller',
    meaning: 'Other processes changed the connection during every attempt.',
    action: 'Try again.',
    problem: {
      status: 409,
      title: 'The connection changed meanwhile',
      detail: 'Read the connection again, then decide again.',
    },
  },
} as const satisfies Record<ConnectionErrorCode, ErrorEntry>
