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
 * Sends one request, reads its body within `timeout` milliseconds and gives it to `accept`.
 * @throws SpotifyApiError `API_TIMEOUT` or `API_UNREACHABLE`; the caller's abort and what `accept` throws as they are
 */
export async function transmit<T>(
  fetch: typeof globalThis.fetch,
  outgoing: Outgoing,
  token: string,
  timeout: number,
  signal: AbortSignal | undefined,
  accept: (incoming: Incoming) => T,
): Promise<T> {
  // A header with other characters makes fetch throw an error that quotes it.
  if (typeof token !== 'string' || !printable.test(token)) throw invalidArgument('Expected an access token.')
  const controller = new AbortController()
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    controller.abort()
  }, timeout)
  const follow = signal === undefined ? undefined : (): void => controller.abort(signal.reason)
  if (follow !== undefined) {
    if (signal?.aborted) follow()
    else signal?.addEventListener('abort', follow, { once: true })
  }
  let incoming: Incoming
  try {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` }
    if (outgoing.contentType !== undefined) headers['content-type'] = outgoing.contentType
    const init: RequestInit = { method: outgoing.method, headers, redirect: 'manual', signal: controller.signal }
    if (outgoing.body !== undefined) init.body = outgoing.body
    const response = await fetch(outgoing.url, init)
    incoming = { status: response.status, headers: response.headers, text: await response.text() }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (timedOut) {
      throw new SpotifyApiError('API_TIMEOUT', 'Spotify did not answer in time.', { request: outgoing.request })
    }
    throw unreachable(error, token, outgoing.request)
  } finally {
    clearTimeout(timer)
    if (follow !== undefined) signal?.removeEventListener('abort', follow)
  }
  return accept(incoming)
}
