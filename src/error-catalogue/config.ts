import type { ConfigErrorCode } from '../error-codes.ts'
import { type ErrorEntry, forOperator } from './entry.ts'

const problem = forOperator(500, 'This application is not set up correctly')

export const configErrors = {
  CONFIG_MISSING: {
    actor: 'developer',
    meaning: 'A required option or variable is absent.',
    action: 'Set the one that the message names.',
    problem,
  },
  CONFIG_INVALID: {
    actor: 'developer',
    meaning: 'An option has an invalid value.',
    action: 'Correct the option that the message names.',
    problem,
  },
  CONFIG_REDIRECT_URI: {
    actor: 'developer',
    meaning: 'The redirect URI breaks a rule of Spotify, or no route of the handler serves it.',
    action: "Use https, or http on 127.0.0.1 or [::1], and register exactly the same URI in Spotify's dashboard.",
    problem,
  },
  CONFIG_ENDPOINT: {
    actor: 'developer',
    meaning: 'An endpoint would send tokens over an unencrypted connection.',
    action: 'Use an https URL, or http on a loopback address.',
    problem,
  },
  CONFIG_LOGIN_KEY: {
    actor: 'developer',
    meaning: 'A login key is not 32 random bytes.',
    action: 'Make one with "npx stagedoor keygen" and put it first in STAGEDOOR_LOGIN_KEYS.',
    problem,
  },
  CONFIG_VAULT_KEY: {
    actor: 'developer',
    meaning: 'A local vault key is not 32 random bytes.',
    action: 'Make one with "npx stagedoor keygen" and set STAGEDOOR_VAULT_KEY to it.',
    problem,
  },
  CONFIG_LEASE: {
    actor: 'developer',
    meaning: 'A refresh could take longer than its lease, so that two processes would use one refresh token.',
    action: 'Raise refresh.lease above refresh.timeout, or lower refresh.timeout.',
    problem,
  },
  CONFIG_CLIENT_REJECTED: {
    actor: 'developer',
    meaning: 'Spotify does not accept the client id or the client secret. Connections are kept.',
    action: "Compare SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET with Spotify's dashboard.",
    problem,
  },
  CONFIG_UNSUPPORTED_CLIENT: {
    actor: 'developer',
    meaning: 'A database, Redis or KMS client is not of a kind that the adapter supports.',
    action: 'Pass the client that the message names.',
    problem,
  },
} as const satisfies Record<ConfigErrorCode, ErrorEntry>
