import { describe, expect, it } from 'vitest'
import type { SpotifyClient } from '../../../src/spotify/index.ts'
import { jsonFixture } from '../../fixtures/fixtures.ts'
import { json, scriptedClient } from '../support/scripted-client.ts'

const ref = '4iV5W9uYEdYUVa79Axb7Rh'
type Call = (client: SpotifyClient) => Promise<unknown>
/** The method that each recorded body is a response to, and the key of the method's result in the body. */
const calls: Record<string, Call | readonly [Call, within: string]> = {
  album_tracks: (c) => c.albums.tracks(ref).page(),
  artist: (c) => c.artists.get(ref),
  artist_albums: (c) => c.artists.albums(ref).page(),
  audio_features: (c) => c.tracks.audioFeatures(ref),
  audiobook: (c) => c.audiobooks.get(ref),
  audiobook_chapters: (c) => c.audiobooks.chapters(ref).page(),
  chapter: (c) => c.chapters.get(ref),
  current_playing_track: (c) => c.player.currentlyPlaying(),
  current_user: (c) => c.me.get(),
  current_user_playlist_1: (c) => c.playlists.list().page(),
  current_user_playlist_2: (c) => c.playlists.list().page(),
  devices: [(c) => c.player.devices(), 'devices'],
  episode: (c) => c.episodes.get(ref),
  followed_artists: [(c) => c.following.artists().page(), 'artists'],
  get_album: (c) => c.albums.get(ref),
  library_contains: (c) => c.library.contains([`spotify:track:${ref}`, `spotify:track:${ref}`]),
  new_playlist: (c) => c.playlists.create({ name: 'New Playlist' }),
  playback_1: (c) => c.player.state(),
  playback_2: (c) => c.player.state(),
  playback_3: (c) => c.player.state(),
  playback_4: (c) => c.player.state(),
  playback_audiobook_1: (c) => c.player.state(),
  playback_episode_1: (c) => c.player.state(),
  playlist_1: (c) => c.playlists.get(ref),
  playlist_2: (c) => c.playlists.get(ref),
  playlist_3: (c) => c.playlists.get(ref),
  playlist_cover_image: (c) => c.playlists.coverImages(ref),
  playlist_items: (c) => c.playlists.items(ref).page(),
  playlist_update_items: (c) => c.playlists.addItems(ref, [`spotify:track:${ref}`]),
  recently_played_tracks: (c) => c.player.recentlyPlayed().page(),
  saved_albums: (c) => c.library.albums().page(),
  saved_audiobooks: (c) => c.library.audiobooks().page(),
  saved_episodes: (c) => c.library.episodes().page(),
  saved_shows: (c) => c.library.shows().page(),
  saved_tracks: (c) => c.library.tracks().page(),
  search: (c) => c.search('x', ['track']),
  show: (c) => c.shows.get(ref),
  show_episodes: (c) => c.shows.episodes(ref).page(),
  top_artists: (c) => c.me.topArtists().page(),
  top_tracks: (c) => c.me.topTracks().page(),
}

const bodies = Object.keys(calls).map((name) => ({ name, body: jsonFixture(`spotify/bodies/${name}.json`) }))

async function result(
  name: string,
  body: unknown,
): Promise<{ value: unknown; within: unknown; unexpected: readonly unknown[] }> {
  const entry = calls[name] as Call | readonly [Call, string]
  const [call, key] = typeof entry === 'function' ? [entry, undefined] : entry
  const { client, unexpected } = scriptedClient(() => json(body))
  const value = await call(client)
  return { value, within: key === undefined ? body : (body as Record<string, unknown>)[key], unexpected }
}

/** How many `null` a recorded page contains in place of items: each is reported. */
const nullItems: Record<string, number> = { saved_albums: 1 }

/** The paths at which `actual` does not have what `expected` has. */
function missingPaths(expected: unknown, actual: unknown, path = ''): string[] {
  if (typeof expected !== 'object' || expected === null) return Object.is(expected, actual) ? [] : [path]
  if (typeof actual !== 'object' || actual === null) return [path]
  return Object.entries(expected).flatMap(([key, value]) =>
    key in actual
      ? missingPaths(value, (actual as Record<string, unknown>)[key], `${path}.${key}`)
      : [`${path}.${key}`],
  )
}

/** What Development Mode no longer sends since February 2026, by the type of the object. */
const removed: Record<string, readonly string[]> = {
  track: ['available_markets', 'linked_from', 'popularity', 'external_ids', 'preview_url'],
  album: ['album_group', 'available_markets', 'label', 'popularity', 'external_ids', 'genres'],
  artist: ['followers', 'popularity', 'genres'],
  user: ['country', 'email', 'explicit_content', 'followers', 'product'],
  show: ['available_markets', 'publisher'],
  audiobook: ['available_markets', 'publisher'],
  chapter: ['available_markets'],
  playlist: ['tracks', 'items'],
}

function without2026(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without2026)
  if (typeof value !== 'object' || value === null) return value
  const { type } = value as { type?: string }
  const gone = removed[type ?? ''] ?? []
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !gone.includes(key))
      .map(([key, inner]) => [key, without2026(inner)]),
  )
}

describe('recorded bodies', () => {
  it.each(bodies)('$name is read with nothing unexpected in it and nothing lost', async ({ name, body }) => {
    const { value, within, unexpected } = await result(name, body)
    expect(unexpected).toHaveLength(nullItems[name] ?? 0)
    expect(missingPaths(within, value)).toEqual([])
  })

  it.each(bodies)('$name is read without the fields that were removed in 2026', async ({ name, body }) => {
    const { value, within, unexpected } = await result(name, without2026(body))
    expect(unexpected).toHaveLength(nullItems[name] ?? 0)
    expect(missingPaths(within, value)).toEqual([])
  })

  it.each(bodies)('$name is read with invalid items dropped, and none is', async ({ name, body }) => {
    const entry = calls[name] as Call | readonly [Call, string]
    const { client, unexpected } = scriptedClient(() => json(body), { invalidItems: 'drop' })
    await (typeof entry === 'function' ? entry : entry[0])(client)
    expect(unexpected).toHaveLength(nullItems[name] ?? 0)
  })

  it.each(bodies)('$name is read with fields that are not known yet', async ({ name, body }) => {
    const added = JSON.parse(JSON.stringify(body), (_, value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? { ...value, new_in_2027: { a: [1] } }
        : value,
    ) as unknown
    const { value, within, unexpected } = await result(name, added)
    expect(unexpected).toHaveLength(nullItems[name] ?? 0)
    expect(missingPaths(within, value)).toEqual([])
  })
})
