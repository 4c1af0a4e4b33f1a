import { describe, expect, it } from 'vitest'
import {
  adaptiveLimiter,
  createSpotify,
  type OperationData,
  operations,
  type SpotifyClient,
  type SpotifyOptions,
} from '../../src/spotify/index.ts'
import { createFakeSpotify, type FakeSpotify, type FakeSpotifyOptions } from '../../src/testing/index.ts'

function against(options: FakeSpotifyOptions & { readonly client?: SpotifyOptions | undefined } = {}) {
  const { client, ...rest } = options
  const fake = createFakeSpotify(rest)
  const { accessToken, scopes } = fake.issue()
  const limiter = adaptiveLimiter({ initialCeiling: 1e6, maxConcurrent: 16 })
  const mode = rest.appMode?.startsWith('extended') ? 'extended' : 'development'
  const spotify = createSpotify({ fetch: fake.fetch, limiter, appMode: mode, retries: 0, ...client })
  const unexpected: unknown[] = []
  spotify.on('response.unexpected', (event) => unexpected.push(event))
  return { fake, spotify, unexpected, client: spotify.as(async () => accessToken, { scopes }) }
}

type NameObject = (kind: Parameters<FakeSpotify['uri']>[0], n?: number) => string
/** Reads of each group, for the methods whose own tests need no particular responses. */
const reads: Record<string, (client: SpotifyClient, uri: NameObject) => Promise<unknown>> = {
  'albums.get': (c, uri) => c.albums.get(uri('album')),
  'albums.getMany': (c, uri) => c.albums.getMany([uri('album'), uri('album', 1)]),
  'albums.tracks': (c, uri) => c.albums.tracks(uri('album')).toArray(),
  'artists.get': (c, uri) => c.artists.get(uri('artist')),
  'artists.getMany': (c, uri) => c.artists.getMany([uri('artist')]),
  'artists.albums': (c, uri) => c.artists.albums(uri('artist')).toArray(),
  'artists.topTracks': (c, uri) => c.artists.topTracks(uri('artist'), { market: 'SE' }),
  'audiobooks.get': (c, uri) => c.audiobooks.get(uri('audiobook')),
  'audiobooks.chapters': (c, uri) => c.audiobooks.chapters(uri('audiobook')).toArray(),
  'browse.newReleases': (c) => c.browse.newReleases().toArray({ max: 60 }),
  'browse.markets': (c) => c.browse.markets(),
  'episodes.get': (c, uri) => c.episodes.get(uri('episode')),
  'following.artists': (c) => c.following.artists().toArray(),
  'library.albums': (c) => c.library.albums().toArray(),
  'library.audiobooks': (c) => c.library.audiobooks().toArray(),
  'library.episodes': (c) => c.library.episodes().toArray(),
  'library.shows': (c) => c.library.shows().toArray(),
  'library.tracks': (c) => c.library.tracks().toArray(),
  'me.get': (c) => c.me.get(),
  'me.topArtists': (c) => c.me.topArtists().toArray(),
  'me.topTracks': (c) => c.me.topTracks().toArray(),
  'player.state': (c) => c.player.state(),
  'player.devices': (c) => c.player.devices(),
  'player.recentlyPlayed': (c) => c.player.recentlyPlayed().toArray(),
  'playlists.list': (c) => c.playlists.list().toArray(),
  search: async (c) =>
    (await c.search('a', ['track', 'album', 'artist', 'playlist', 'show', 'episode', 'audiobook'])).tracks.toArray({
      max: 30,
    }),
  'shows.get': (c, uri) => c.shows.get(uri('show')),
  'shows.episodes': (c, uri) => c.shows.episodes(uri('show')).toArray(),
  'tracks.get': (c, uri) => c.tracks.get(uri('track')),
  'tracks.getMany': (c, uri) => c.tracks.getMany([uri('track'), uri('track', 1)]),
}

describe.each(['development', 'extended', 'extended-2024'] as const)(
  'against the fake Spotify, for an application in %s',
  (appMode) => {
    it.each(Object.entries(reads))('%s is read, or named as unavailable', async (method, read) => {
      const { fake, client } = against({ appMode })
      const result = await read(client, (kind, n = 0) => fake.uri(kind, n)).then(
        () => 'read',
        (error: { code: string }) => error.code,
      )
      const serving = Object.values<OperationData>(operations).filter(({ by }) => by.includes(method))
      const removed = appMode === 'development' && serving.every(({ availability }) => availability !== 'current')
      expect(result).toBe(removed ? 'API_ENDPOINT_UNAVAILABLE' : 'read')
    })

    it('the library is written and read back', async () => {
      const { fake, client } = against({ appMode })
      const uris = Array.from({ length: 90 }, (_, n) => fake.uri('track', n))
      await client.library.save(uris)
      expect(await client.library.contains(uris)).toEqual(uris.map(() => true))
      await client.library.remove(uris.slice(0, 50))
      expect(await client.library.contains(uris)).toEqual(uris.map((_, n) => n >= 50))
      await client.following.follow([fake.uri('artist', 3)])
      expect(await client.following.contains([fake.uri('artist', 3)])).toEqual([true])
      await client.following.unfollow([fake.uri('artist', 3)])
      expect(await client.following.contains([fake.uri('artist', 3)])).toEqual([false])
    })

    it('a playlist is made, filled, changed and read back', async () => {
      const { fake, client } = against({ appMode })
      const uris = Array.from({ length: 230 }, (_, n) => fake.uri('track', n % 120))
      const { id } = await client.playlists.create({ name: 'Made by a test', public: false })
      const rows = async (): Promise<(string | null | undefined)[]> =>
        (await client.playlists.items(id).toArray({ concurrency: 4 })).map(({ item }) => item?.uri)
      await client.playlists.addItems(id, uris)
      expect(await rows()).toEqual(uris)
      await client.playlists.removeItems(id, uris.slice(0, 110))
      expect(await rows()).toEqual(uris.slice(110, 120))
      await client.playlists.replaceItems(id, uris)
      expect(await rows()).toEqual(uris)
      await client.playlists.reorderItems(id, { range_start: 0, insert_before: 230, range_length: 10 })
      expect(await rows()).toEqual([...uris.slice(10), ...uris.slice(0, 10)])
      await client.playlists.update(id, { name: 'Renamed' })
      expect((await client.playlists.get(id)).name).toBe('Renamed')
    })
  },
)

describe('against the fake Spotify', () => {
  it('a page size that is too large for the application is detected', async () => {
    const { fake, client } = against({ appMode: 'development', client: { appMode: 'extended' } })
    expect(await client.artists.albums(fake.uri('artist', 0)).toArray()).not.toHaveLength(0)
  })
})
