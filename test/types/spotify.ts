/* Compile-only: the types of the Web API client. */
import {
  type AccessTokenSource,
  type Album,
  createSpotify,
  type Episode,
  type Paginated,
  type PlaylistItem,
  path,
  type SavedTrack,
  type Scope,
  type Selected,
  type Spotify,
  type SpotifyApiError,
  type SpotifyClient,
  type SpotifyUri,
  scopesFor,
  type Track,
} from '../../src/spotify/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function check<_ extends true>(): void {}

declare const spotify: Spotify
declare const client: SpotifyClient
declare const token: AccessTokenSource

export async function ids(): Promise<void> {
  const uri: SpotifyUri<'track'> = 'spotify:track:4iV5W9uYEdYUVa79Axb7Rh'
  await client.tracks.get(uri)
  // @ts-expect-error an album's URI is none of a track
  const wrong: SpotifyUri<'track'> = 'spotify:album:x'
  // @ts-expect-error an id is text
  await client.tracks.get(7)
  // @ts-expect-error lists of URIs are lists
  await client.library.save(wrong)
  path`/users/${'x'}/things/${7}`
}

export async function options(): Promise<void> {
  createSpotify()
  createSpotify({ appMode: process.env.X === 'y' ? 'extended' : undefined, fetch: undefined, now: undefined })
  // @ts-expect-error there are two modes
  createSpotify({ appMode: 'production' })
  spotify.as(token)
  spotify.as(token, { scopes: ['user-top-read'] })
  spotify.as(token, { scopes: async () => undefined })
  const { signal } = new AbortController()
  await client.me.get({ signal, timeout: 1000, retries: 0, maxWait: 0, deadline: undefined })
  await client.albums.get('x', { market: 'SE' }, { signal })
  // @ts-expect-error a name that the operation does not have
  await client.albums.get('x', { markt: 'SE' })
  // @ts-expect-error a number is no text
  client.library.tracks({ market: 7 })
  client.library.tracks({ limit: undefined })
  // @ts-expect-error the name of a new playlist is not optional
  await client.playlists.create({ description: 'x' })
  await client.player.setRepeat('context')
  // @ts-expect-error three states
  await client.player.setRepeat('all')
}

export async function narrowing(item: PlaylistItem, error: SpotifyApiError): Promise<void> {
  const held = item.item
  if (held?.type === 'track') {
    const track: Track = held
    check<Equal<typeof track.name, string>>()
    track.album.name satisfies string
  } else if (held?.type === 'episode') {
    const episode: Episode = held
    episode.show?.name satisfies string | null | undefined
  }
  // @ts-expect-error an episode has no album
  if (held?.type === 'episode') held.album
  // @ts-expect-error a row can be empty
  item.item.name
  if (error.code === 'API_RATE_LIMITED') error.retryAt satisfies number | undefined
  // @ts-expect-error no such code
  if (error.code === 'API_TEAPOT') return
}

export async function lists(): Promise<void> {
  const tracks = client.library.tracks()
  check<Equal<typeof tracks, Paginated<SavedTrack, SavedTrack | null>>>()
  const names: string[] = (await tracks.toArray({ max: 50 })).map(({ track }) => track.name)
  for await (const { track } of tracks) names.push(track.name)
  for await (const { items } of tracks.pages()) items[0]?.track.name satisfies string | undefined
  const { items, total } = await client.albums.tracks('x').page()
  items.map(({ name }) => name satisfies string)
  total satisfies number | null | undefined
  for await (const playlist of client.playlists.list()) playlist.name satisfies string
  for await (const artist of client.following.artists())
    artist.id satisfies string
    // @ts-expect-error Spotify sends null in place of some playlists
  ;(await client.playlists.list().page()).items[0].name
  const chosen = await client.playlists.get('x', { fields: 'name' })
  check<Equal<typeof chosen, Selected<Awaited<ReturnType<typeof whole>>>>>()
  chosen.name satisfies string | undefined
}
const whole = () => client.playlists.get('x')

export async function searching(): Promise<void> {
  const found = await client.search('x', ['track', 'album'])
  found.tracks.items[0]?.artists satisfies readonly unknown[] | undefined
  for await (const album of found.albums) album.name satisfies string
  // @ts-expect-error not asked for
  found.shows
  // @ts-expect-error no such type
  await client.search('x', ['song'])
  ;(await client.search('x', 'playlist')).playlists.total satisfies number | null | undefined
}

export async function operations(): Promise<void> {
  const album = await client.operation('get-an-album', { path: { id: 'x' } })
  check<Equal<typeof album, Album>>()
  const { tracks } = await client.operation('get-several-tracks', { query: { ids: ['x'] } })
  check<Equal<typeof tracks, (Track | null)[]>>()
  tracks[0]?.name satisfies string | undefined
  await client.operation('save-tracks-user', { body: { ids: ['x'] } })
  await client.operation('get-current-users-profile')
  const row = (await client.operation('get-playlists-tracks', { path: { playlist_id: 'x' } })).items[0]
  row?.item?.name satisfies string | null | undefined
  // @ts-expect-error the path needs an id
  await client.operation('get-an-album', {})
  // @ts-expect-error no such operation
  await client.operation('get-a-song', {})
  // @ts-expect-error the ids go in the query
  await client.operation('get-several-tracks', { body: { ids: ['x'] } })
  const scopes: Scope[] = scopesFor('library.save', 'get-an-album', 'search')
  spotify.scopesFor(...(['player.play'] as const)) satisfies Scope[]
  // @ts-expect-error no such method
  scopesFor('library.steal')
  scopes.push('user-top-read')
}

export function events(): void {
  spotify.on('limiter.paused', ({ until, reason }) => [until satisfies number, reason satisfies 'rate' | 'quota'])
  spotify.on('request.retried', ({ request, attempt }) => [request.path satisfies string, attempt satisfies number])
  // @ts-expect-error no such event
  spotify.on('request.sent', () => {})
}
