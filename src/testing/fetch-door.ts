import { ConnectionCut } from './cut.ts'
import { accountsHost, apiHost } from './exchange.ts'

/** A `fetch` that leads to the fake for Spotify's hosts and for loopback addresses, and nowhere for all others. */
export function createFetch(handle: (request: Request) => Promise<Response>): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { hostname, protocol } = new URL(request.url)
    const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
    if (!loopback && (protocol !== 'https:' || (hostname !== accountsHost && hostname !== apiHost)))
      throw new TypeError('fetch failed', { cause: new Error(`the fake Spotify does not answer for ${hostname}`) })
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
