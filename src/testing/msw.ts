import { HttpResponse, http, type RequestHandler } from 'msw'
import { ConnectionCut } from './connection-cut.ts'
import type { FakeSpotify } from './fake-spotify.ts'

/**
 * Handlers for MSW's `setupServer`: the fake responds to every request to Spotify's accounts service and Web API.
 *
 * @param fake The result of `createFakeSpotify`.
 *
 * @example
 * ```ts
 * import { setupServer } from 'msw/node'
 * import { createFakeSpotify } from 'stagedoor/testing'
 * import { spotifyHandlers } from 'stagedoor/testing/msw'
 *
 * const network = setupServer(...spotifyHandlers(createFakeSpotify()))
 * network.listen({ onUnhandledFrame: 'error' })
 * ```
 */
export function spotifyHandlers(fake: FakeSpotify): RequestHandler[] {
  const resolve = async ({ request }: { readonly request: Request }): Promise<Response> => {
    try {
      return await fake.handle(request)
    } catch (error) {
      if (error instanceof ConnectionCut) return HttpResponse.error()
      throw error
    }
  }
  return [http.all('https://accounts.spotify.com/*', resolve), http.all('https://api.spotify.com/*', resolve)]
}
