import { invalidArgument, SpotifyApiError } from '../errors.ts'
import { unreachable } from './network-error.ts'

/** A request without its token. */
export interface ApiRequest {
  readonly method: string
  readonly url: string
  readonly contentType: string | undefined
  readonly body: string | undefined
  /** What errors show of it: the operation's method and path template. */
  readonly request: { readonly method: string; readonly path: string }
}

/** A response whose body was read. */
export interface ApiResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

const printable = /^[\x21-\x7e]+$/

/**
 * Sends one request, reads the response's body within `timeout` milliseconds and passes it to `accept`.
 * A `fetch` or a body that ignores its signal does not delay the call.
 * @throws SpotifyApiError `API_TIMEOUT` or `API_UNREACHABLE`; the caller's abort and what `accept` throws as they are
 */
export function transmit<T>(
  fetch: typeof globalThis.fetch,
  outgoing: ApiRequest,
  token: string,
  timeout: number,
  signal: AbortSignal | undefined,
  accept: (response: ApiResponse) => T | Promise<T>,
): Promise<T> {
  // A header with other characters makes fetch throw an error that quotes it.
  if (typeof token !== 'string' || !printable.test(token)) {
    return Promise.reject(invalidArgument('Expected the source of access tokens to return one.'))
  }
  if (signal?.aborted) return Promise.reject(signal.reason)
  return new Promise<T>((resolve, reject) => {
    const controller = new AbortController()
    // The request is sent first: what follows costs no time while it is under way.
    const pending = exchange(fetch, outgoing, token, controller.signal)
    const finish = (): void => {
      clearTimeout(timer)
      if (signal !== undefined) signal.removeEventListener('abort', abort)
    }
    const stop = (reason: unknown): void => {
      finish()
      reject(reason)
      controller.abort(reason)
    }
    const abort = (): void => stop(signal?.reason)
    const timer = setTimeout(
      () => stop(new SpotifyApiError('API_TIMEOUT', 'Spotify did not respond in time.', { request: outgoing.request })),
      timeout,
    )
    if (signal !== undefined) signal.addEventListener('abort', abort, { once: true })
    pending.then(
      (response) => {
        finish()
        try {
          resolve(accept(response))
        } catch (error) {
          reject(error)
        }
      },
      (error) => {
        finish()
        reject(unreachable(error, token, outgoing.request))
      },
    )
  })
}

async function exchange(
  fetch: typeof globalThis.fetch,
  { method, url, contentType, body }: ApiRequest,
  token: string,
  signal: AbortSignal,
): Promise<ApiResponse> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` }
  if (contentType !== undefined) headers['content-type'] = contentType
  const init: RequestInit = { method, headers, redirect: 'manual', signal }
  if (body !== undefined) init.body = body
  const response = await fetch(url, init)
  return { status: response.status, headers: response.headers, text: await response.text() }
}
