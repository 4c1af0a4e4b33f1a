import { SpotifyApiError } from '../errors.ts'
import { parseRetryAfter } from '../internal/retry-after.ts'
import { type ErrorParts, missingScope } from './missing-scope.ts'
import type { AppMode, OperationData } from './operations/operation.ts'
import type { ApiResponse } from './transport.ts'

/** What is known about a request when an error is made of its response. */
interface ErrorContext {
  readonly request: { readonly method: string; readonly path: string }
  readonly operation: OperationData | undefined
  readonly mode: AppMode
  /** The connection's scopes, where they are known. */
  readonly scopes: readonly string[] | undefined
  readonly now: number
}

interface ErrorBody {
  readonly message: string
  readonly reason: string | undefined
}

/** Reports a 429 to the limiter; returns the epoch milliseconds until which it pauses. */
type OnThrottled = (info: { readonly retryAt: number | undefined; readonly reason: 'rate' | 'quota' }) => number

/**
 * The error for a response other than 2xx: by its status, its headers and every form of body that Spotify is known to
 * send. After a 429 without Retry-After, `retryAt` is the end of the limiter's pause.
 */
export function apiError(response: ApiResponse, context: ErrorContext, onThrottled: OnThrottled): SpotifyApiError {
  const { status } = response
  const body = parseErrorBody(response.text)
  const [code, message, details] = classify(response, body, context)
  const retryAfter = parseRetryAfter(response.headers.get('retry-after'), context.now)
  const reason = code === 'API_QUOTA_EXCEEDED' ? 'quota' : 'rate'
  const pausedUntil = status === 429 ? onThrottled({ retryAt: retryAfter, reason }) : undefined
  return new SpotifyApiError(code, message, {
    status,
    reason: body.reason,
    request: context.request,
    retryAt: retryAfter ?? pausedUntil,
    ...details,
  })
}

function classify({ status }: ApiResponse, body: ErrorBody, context: ErrorContext): ErrorParts {
  if (status === 401) return unauthorized(body, context)
  if (status === 403) return forbidden(body, context)
  if (status === 404) return notFound(body, context)
  if (status === 429) {
    return body.reason === 'QUOTA_EXCEEDED'
      ? [
          'API_QUOTA_EXCEEDED',
          'A quota of the application is used up.',
          {
            action:
              'Wait until retryAt. Quotas of Development Mode are counted over about a day, per developer account and group of endpoints.',
          },
        ]
      : ['API_RATE_LIMITED', 'Too many requests to Spotify right now.', { reason: body.reason ?? 'RATE_LIMITED' }]
  }
  if (status >= 500) return serverError(context)
  if (status >= 400) return badRequest(body)
  return ['API_BAD_RESPONSE', 'Spotify responded with a status that this package does not expect.']
}

function badRequest({ message }: ErrorBody): ErrorParts {
  if (/^invalid limit/i.test(message)) {
    return [
      'API_INVALID_LIMIT',
      'Spotify refused the page size.',
      {
        action:
          'Request smaller pages, or leave limit out: the page size then follows appMode. In Development Mode it is 10 for search and the albums of an artist.',
      },
    ]
  }
  return ['API_BAD_REQUEST', 'Spotify refused the request.', { detail: redact(message) }]
}

function unauthorized(body: ErrorBody, context: ErrorContext): ErrorParts {
  if (/permissions missing|insufficient.*scope/i.test(body.message)) return missingScope(context)
  return [
    'API_UNAUTHORIZED',
    'Spotify refused the access token.',
    { action: 'Get a new access token; if that is refused too, let the user sign in again.' },
  ]
}

function forbidden(body: ErrorBody, context: ErrorContext): ErrorParts {
  const { message, reason } = body
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
  if (/scope/i.test(message)) return missingScope(context)
  if (reason === 'PREMIUM_REQUIRED' || /premium required/i.test(message)) {
    return [
      'API_PREMIUM_REQUIRED',
      'The user needs a Premium subscription for this.',
      { reason: 'PREMIUM_REQUIRED', action: 'Tell the user that this needs Spotify Premium.' },
    ]
  }
  if (isRemoved(context)) return unavailable(context)
  const action = /^\/playlists\//.test(context.request.path)
    ? 'In Development Mode only the owner and the collaborators of a playlist can read its items.'
    : undefined
  return ['API_FORBIDDEN', 'Spotify does not allow this.', { detail: redact(message), action }]
}

function notFound(body: ErrorBody, context: ErrorContext): ErrorParts {
  if (body.reason === 'NO_ACTIVE_DEVICE' || /no active device/i.test(body.message)) {
    return [
      'API_NO_ACTIVE_DEVICE',
      'The user has no active device.',
      {
        reason: 'NO_ACTIVE_DEVICE',
        action: 'Ask the user to open Spotify on a device, or pass a device_id from player.devices().',
      },
    ]
  }
  // With extended quota, an operation removed in 2026 still exists: it is the object that does not.
  const isAvailable = context.mode === 'extended' && context.operation?.availability === 'removed-2026-02'
  if (isRemoved(context) && !isAvailable) return unavailable(context)
  return ['API_NOT_FOUND', 'Spotify has no such object, or does not show it to this application.']
}

function serverError(context: ErrorContext): ErrorParts {
  const isWrite = context.request.method !== 'GET'
  return [
    'API_SERVER_ERROR',
    'Spotify failed.',
    isWrite
      ? {
          action:
            'The write may have taken effect: read back before repeating it. If it always fails, look for an item in it that no longer exists.',
        }
      : {},
  ]
}

function isRemoved({ operation }: ErrorContext): boolean {
  return operation !== undefined && operation.availability !== 'current'
}

function unavailable({ operation, request }: ErrorContext): ErrorParts {
  const when = operation?.availability === 'removed-2024-11' ? 'November 2024' : 'February 2026'
  const instead = operation?.replacement === undefined ? 'There is no replacement.' : `Use ${operation.replacement}.`
  return [
    'API_ENDPOINT_UNAVAILABLE',
    `${request.method} ${request.path} is not available to this application.`,
    { action: `Spotify removed it in ${when} for most applications. ${instead}` },
  ]
}

/** Reads an error body: `{error: {message, reason}}`, `{error, error_description}`, plain text, HTML or nothing. */
function parseErrorBody(text: string): ErrorBody {
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

/** Spotify's message without anything that could identify a person or an object. */
function redact(message: string): string | undefined {
  const text = message
    .replace(/https?:\S+|spotify:\S+|"[^"]*"|'[^']*'|\S*@\S*|\b(?=\w*\d)\w{4,}\b|\b\w{16,}\b/g, '…')
    .slice(0, 160)
    .trim()
  return text === '' ? undefined : text
}
