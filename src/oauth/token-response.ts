import { isObject } from '../internal/is-object.ts'
import { parseRetryAfter } from '../internal/retry-after.ts'

/**
 * The reason why a token request returned no tokens. Never holds a response body, since a body can hold a token.
 *
 * - `invalid_grant`: HTTP 400 with that error: the code or refresh token was used, revoked or has expired
 * - `client_rejected`: `invalid_client` or `unauthorized_client`: the configuration is wrong, not the tokens
 * - `rejected`: another OAuth error
 * - `transient`: no response, or one from which nothing about the grant follows
 */
export class TokenEndpointError extends Error {
  override readonly name = 'TokenEndpointError'
  readonly kind: 'invalid_grant' | 'client_rejected' | 'rejected' | 'transient'
  readonly status: number | undefined
  /** Epoch milliseconds, from `Retry-After`. */
  readonly retryAt: number | undefined
  /** The OAuth error code, if the body has one in the registered form. */
  readonly error: string | undefined
  /** Whether the request may have reached the server, so that its effect is unknown. */
  readonly sent: boolean

  constructor(
    kind: TokenEndpointError['kind'],
    details: {
      readonly sent: boolean
      readonly status?: number | undefined
      readonly retryAt?: number | undefined
      readonly error?: string | undefined
    },
  ) {
    super(messages[kind])
    this.kind = kind
    this.status = details.status
    this.retryAt = details.retryAt
    this.error = details.error
    this.sent = details.sent
  }
}

const messages = {
  invalid_grant: 'The authorization server reports that the grant is not valid.',
  client_rejected: 'The authorization server does not accept the client id, its secret or this use of them.',
  rejected: 'The authorization server refused the token request.',
  transient: 'The token endpoint returned no usable response.',
} as const

/**
 * Sends a token request and reads the whole body. Only a 200 with a JSON object passes; members that are null or empty
 * are removed from it.
 *
 * @throws TokenEndpointError
 */
export async function sendTokenRequest(
  send: () => Promise<Response>,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<{ response: Response; sentAt: number }> {
  const sentAt = now()
  let response: Response
  let text: string
  try {
    response = await send()
    text = await response.text()
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw new TokenEndpointError('transient', { sent: !neverSent(error) })
  }
  const body = parseObject(text)
  const { status } = response
  if (status !== 200) throw toTokenEndpointError(status, body, response.headers.get('retry-after'), now())
  if (body === undefined) throw new TokenEndpointError('transient', { sent: true, status })
  for (const [key, value] of Object.entries(body)) if (value === null || value === '') delete body[key]
  return { response: Response.json(body), sentAt }
}

function toTokenEndpointError(
  status: number,
  body: Record<string, unknown> | undefined,
  retryAfter: string | null,
  now: number,
): TokenEndpointError {
  const code = body?.error
  const error = typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined
  const details = { sent: true, status, error, retryAt: parseRetryAfter(retryAfter, now) }
  if (status === 408 || status === 425 || status === 429 || status >= 500 || status < 400 || error === undefined) {
    return new TokenEndpointError('transient', details)
  }
  if (error === 'invalid_client' || error === 'unauthorized_client') {
    return new TokenEndpointError('client_rejected', details)
  }
  if (error === 'temporarily_unavailable' || error === 'server_error' || error === 'slow_down') {
    return new TokenEndpointError('transient', details)
  }
  if (error === 'invalid_grant') return new TokenEndpointError(status === 400 ? 'invalid_grant' : 'transient', details)
  return new TokenEndpointError('rejected', details)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const unsentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Whether a fetch failed before a connection was made. */
function neverSent(error: unknown): boolean {
  const cause = (error as { cause?: { code?: unknown; errors?: { code?: unknown }[] } } | undefined)?.cause
  const codes = [cause?.code, ...(cause?.errors ?? []).map((each) => each.code)].filter((code) => code !== undefined)
  return codes.length > 0 && codes.every((code) => typeof code === 'string' && unsentCodes.has(code))
}
