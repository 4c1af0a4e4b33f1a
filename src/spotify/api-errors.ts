import { SpotifyApiError } from '../errors.ts'
import { parseRetryAfter } from '../internal/retry-after.ts'
import { type Finding, missingScope } from './missing-scope.ts'
import type { AppMode, OperationData } from './operations/operation.ts'
import type { Incoming } from './transport.ts'

/** What is known about a request when its answer is judged. */
export interface Asked {
  readonly request: { readonly method: string; readonly path: string }
  readonly operation: OperationData | undefined
  readonly mode: AppMode
  /** The connection's scopes, where they are known. */
  readonly scopes: readonly string[] | undefined
  readonly now: number
}

interface Said {
  readonly message: string
  readonly reason: string | undefined
}

/** The error that an answer other than 2xx stands for (status, headers, and every form of body Spotify is known to send). */
export function apiError(incoming: Incoming, asked: Asked): SpotifyApiError {
  const { status } = incoming
  const said = whatWasSaid(incoming.text)
  const [code, message, details] = find(incoming, said, asked)
  return new SpotifyApiError(code, message, {
    status,
    reason: said.reason,
    request: asked.request,
    retryAt: parseRetryAfter(incoming.headers.get('retry-after'), asked.now),
    ...details,
  })
}

function find({ status }: Incoming, said: Said, asked: Asked): Finding {
  if (status === 401) return unauthorized(said, asked)
  if (status === 403) return forbidden(said, asked)
  if (status === 404) return notFound(said, asked)
  if (status === 429) {
    return said.reason === 'QUOTA_EXCEEDED'
      ? [
          'API_QUOTA_EXCEEDED',
          'A quota of the application is used up.',
          {
            action:
              'Wait until retryAt. Quotas of Development Mode are counted over about a day, per developer account and group of endpoints.',
          },
        ]
      : ['API_RATE_LIMITED', 'Spotify asks to wait.', { reason: said.reason ?? 'RATE_LIMITED' }]
  }
  if (status >= 500) return serverError(asked)
  if (status >= 400) return badRequest(said)
  return ['API_BAD_RESPONSE', 'Spotify answered with a status that this package does not expect.']
}

function badRequest({ message }: Said): Finding {
  if (/^invalid limit/i.test(message)) {
    return [
      'API_INVALID_LIMIT',
      'Spotify refused the page size.',
      {
        action:
          'Ask for smaller pages, or leave limit out: the page size then follows appMode. In Development Mode it is 10 for search and the albums of an artist.',
      },
    ]
  }
  return ['API_BAD_REQUEST', 'Spotify refused the request.', { detail: harmless(message) }]
}

function unauthorized(said: Said, asked: Asked): Finding {
  if (/permissions missing|insufficient.*scope/i.test(said.message)) return missingScope(asked)
  return [
    'API_UNAUTHORIZED',
    'Spotify refused the access token.',
    { action: 'Get a new access token; if that is refused too, let the user sign in again.' },
  ]
}

function forbidden(said: Said, asked: Asked): Finding {
  const { message, reason } = said
  if (/not registered in the developer dashboard|not registered for this application/i.test(message)) {
    return [
      'API_USER_NOT_ALLOWED',
      'The user is not on the allowlist of the application.',
      { action: 'Add the user under User Management in the Spotify developer dashboard, or apply for extended quota.' },
    ]
  }
  if (/active premium subscription required for the owner/i.test(message)) {
    return [
      'API_OWNER_NOT_PREMIUM',
      'The owner of the application has no Premium subscription.',
      {
        action: 'Renew the Premium subscription of the account that owns the application; it can take hours to count.',
      },
    ]
  }
  if (/scope/i.test(message)) return missingScope(asked)
  if (reason === 'PREMIUM_REQUIRED' || /premium required/i.test(message)) {
    return [
      'API_PREMIUM_REQUIRED',
      'The user needs a Premium subscription for this.',
      { reason: 'PREMIUM_REQUIRED', action: 'Tell the user that this needs Spotify Premium.' },
    ]
  }
  if (isRemoved(asked)) return unavailable(asked)
  const action = /^\/playlists\//.test(asked.request.path)
    ? 'Development Mode gives the rows of a playlist only to its owner and collaborators.'
    : undefined
  return ['API_FORBIDDEN', 'Spotify does not allow this.', { detail: harmless(message), action }]
}

function notFound(said: Said, asked: Asked): Finding {
  if (said.reason === 'NO_ACTIVE_DEVICE' || /no active device/i.test(said.message)) {
    return [
      'API_NO_ACTIVE_DEVICE',
      'The user has no active device.',
      {
        reason: 'NO_ACTIVE_DEVICE',
        action: 'Ask the user to open Spotify on a device, or name a device_id from player.devices().',
      },
    ]
  }
  // With extended quota, an operation removed in 2026 is there, and it is the object that is not.
  const answers = asked.mode === 'extended' && asked.operation?.availability === 'removed-2026-02'
  if (isRemoved(asked) && !answers) return unavailable(asked)
  return ['API_NOT_FOUND', 'Spotify has no such object, or not for this application.']
}

function serverError(asked: Asked): Finding {
  const writes = asked.request.method !== 'GET'
  return [
    'API_SERVER_ERROR',
    'Spotify failed.',
    writes
      ? {
          action:
            'The write may have taken effect: read back before repeating it. If it always fails, look for an item in it that no longer exists.',
        }
      : {},
  ]
}

function isRemoved({ operation }: Asked): boolean {
  return operation !== undefined && operation.availability !== 'current'
}

function unavailable({ operation, request }: Asked): Finding {
  const when = operation?.availability === 'removed-2024-11' ? 'November 2024' : 'February 2026'
  const instead = operation?.replacement === undefined ? 'There is no replacement.' : `Use ${operation.replacement}.`
  return [
    'API_ENDPOINT_UNAVAILABLE',
    `${request.method} ${request.path} is not available to this application.`,
    { action: `Spotify removed it in ${when} for most applications. ${instead}` },
  ]
}

/** Spotify's words: `{error: {message, reason}}`, `{error, error_description}`, plain text, HTML or nothing. */
function whatWasSaid(text: string): Said {
  const start = text.trimStart()
  if (!start.startsWith('{')) return { message: start.startsWith('<') ? '' : start.slice(0, 300), reason: undefined }
  try {
    const { error, error_description } = JSON.parse(start) as Record<string, unknown>
    if (typeof error === 'object' && error !== null) {
      const { message, reason } = error as Record<string, unknown>
      return {
        message: asText(message),
        reason: /^[A-Z][A-Z0-9_]{2,60}$/.test(asText(reason)) ? asText(reason) : undefined,
      }
    }
    return { message: asText(error_description) || asText(error), reason: undefined }
  } catch {
    return { message: start.slice(0, 300), reason: undefined }
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Spotify's own words without anything that could name a person or an object. */
function harmless(message: string): string | undefined {
  const text = message
    .replace(/https?:\S+|spotify:\S+|"[^"]*"|'[^']*'|\S*@\S*|\b(?=\w*\d)\w{4,}\b|\b\w{16,}\b/g, '…')
    .slice(0, 160)
    .trim()
  return text === '' ? undefined : text
}
