import {
  createSpotify,
  type Spotify,
  type SpotifyClient,
  type SpotifyEvents,
  type SpotifyOptions,
} from '../../../src/spotify/index.ts'

/** A request as the client's `fetch` received it. */
export interface SeenRequest {
  readonly method: string
  readonly url: URL
  readonly path: string
  readonly headers: Headers
  readonly body: unknown
}

export type Respond = (seen: SeenRequest, index: number) => Response | Promise<Response>

export interface ScriptedClient {
  readonly spotify: Spotify
  readonly client: SpotifyClient
  readonly seen: SeenRequest[]
  readonly unexpected: SpotifyEvents['response.unexpected'][]
  readonly retried: SpotifyEvents['request.retried'][]
}

/** A client whose `fetch` is `respond`, and what it sent. */
export function scriptedClient(
  respond: Respond,
  options: SpotifyOptions & { readonly scopes?: readonly string[] | undefined } = {},
): ScriptedClient {
  const seen: SeenRequest[] = []
  const unexpected: ScriptedClient['unexpected'] = []
  const retried: ScriptedClient['retried'] = []
  const { scopes, ...rest } = options
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input as string, init)
    const url = new URL(request.url)
    const text = await request.text()
    const json = request.headers.get('content-type') === 'application/json'
    seen.push({
      method: request.method,
      url,
      path: url.pathname.replace(/^\/v1/, ''),
      headers: request.headers,
      body: text === '' ? undefined : json ? JSON.parse(text) : text,
    })
    return respond(seen[seen.length - 1] as SeenRequest, seen.length - 1)
  }
  const spotify = createSpotify({ fetch, ...rest })
  spotify.on('response.unexpected', (event) => unexpected.push(event))
  spotify.on('request.retried', (event) => retried.push(event))
  return { spotify, client: spotify.as(async () => 'an-access-token', { scopes }), seen, unexpected, retried }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
}

/** Small objects of each kind, as far as tests need them. */
export const id = '4iV5W9uYEdYUVa79Axb7Rh'
export const track = (n: number | string) => ({
  type: 'track' as const,
  id: `track${n}`,
  uri: `spotify:track:track${n}`,
  name: `Track ${n}`,
  artists: [],
  album: { type: 'album' as const, id: 'album', name: 'Album' },
})
export const savedTrack = (n: number | string) => ({ added_at: '2026-01-01T00:00:00Z', track: track(n) })

/** Responds with a list of `total` rows as Spotify does, by `limit` and `offset`, at most `maxLimit` at a time. */
export function pager(total: number, row: (n: number) => unknown, maxLimit = 50): Respond {
  return ({ url }) => {
    const limit = Math.min(Number(url.searchParams.get('limit') ?? 20), maxLimit)
    const offset = Number(url.searchParams.get('offset') ?? 0)
    const items = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, index) =>
      row(offset + index),
    )
    const next = new URL(url)
    next.searchParams.set('offset', String(offset + limit))
    next.searchParams.set('limit', String(limit))
    return json({
      href: url.href,
      items,
      limit,
      offset,
      total,
      previous: null,
      next: offset + limit < total ? next.href : null,
    })
  }
}
