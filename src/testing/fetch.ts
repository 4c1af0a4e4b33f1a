import { isLoopback } from '../internal/loopback.ts'
import { ConnectionCut } from './connection-cut.ts'
import { accountsHost, apiHost } from './request-handler.ts'

/** A `fetch` that sends requests for Spotify's hosts and loopback addresses to the fake, and rejects all others. */
export function createFetch(handle: (request: Request) => Promise<Response>): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { hostname, protocol } = new URL(request.url)
    const loopback = isLoopback(hostname, { localhost: true, exact: true })
    if (!loopback && (protocol !== 'https:' || (hostname !== accountsHost && hostname !== apiHost)))
      throw new TypeError('fetch failed', { cause: new Error(`the fake Spotify does not serve ${hostname}`) })
    const { signal } = request
    signal.throwIfAborted()
    try {
      return await new Promise<Response>((resolve, reject) => {
        const abort = (): void => reject(signal.reason)
        signal.addEventListener('abort', abort, { once: true })
        handle(request)
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', abort))
      })
    } catch (error) {
      if (error instanceof ConnectionCut) throw new TypeError('fetch failed', { cause: error })
      throw error
    }
  }
}
