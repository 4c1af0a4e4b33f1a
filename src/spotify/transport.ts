import { invalidArgument, SpotifyApiError } from '../errors.ts'
import { unreachable } from './api-errors.ts'

/** A request as it goes out, but for the token. */
export interface Outgoing {
  readonly method: string
  readonly url: string
  readonly contentType: string | undefined
  readonly body: string | undefined
  /** What errors show: the operation's method and path template. */
  readonly request: { readonly method: string; readonly path: string }
}

/** An answer whose body was read. */
export interface Incoming {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

const printable = /^[\x21-\x7e]+$/

/**
 * Sends one request and reads its body, within `timeout` milliseconds.
 * @throws SpotifyApiError `API_TIMEOUT` or `API_UNREACHABLE`; the caller's abort as it is
 */
export async function transmit(
  fetch: typeof globalThis.fetch,
  outgoing: Outgoing,
  token: string,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<Incoming> {
  // A header with other characters makes fetch throw an error that quotes it.
  if (typeof token !== 'string' || !printable.test(token)) throw invalidArgument('Expected an access token.')
  const controller = new AbortController()
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    controller.abort()
  }, timeout)
  const follow = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) follow()
  else signal?.addEventListener('abort', follow, { once: true })
  try {
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' }
    if (outgoing.contentType !== undefined) headers['content-type'] = outgoing.contentType
    const init: RequestInit = { method: outgoing.method, headers, redirect: 'manual', signal: controller.signal }
    if (outgoing.body !== undefined) init.body = outgoing.body
    const response = await fetch(outgoing.url, init)
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (timedOut) {
      throw new SpotifyApiError('API_TIMEOUT', 'Spotify did not answer in time.', { request: outgoing.request })
    }
    throw unreachable(error, token, outgoing.request)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', follow)
  }
}
