import { type AccessToken, type SdkOptions, SpotifyApi } from '@spotify/web-api-ts-sdk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../../src/testing/server.ts'
import { detouredFetch } from '../support/detour.ts'

const clientId = 'sdk-app'
const redirectUri = 'http://127.0.0.1:3000/callback'

describe('@spotify/web-api-ts-sdk', () => {
  let server: FakeSpotifyServer
  let fetch: typeof globalThis.fetch

  beforeEach(async () => {
    server = await startFakeSpotify({ appMode: 'extended', users: [{ id: 'a', library: { tracks: 70 } }] })
    fetch = detouredFetch(server.url)
    vi.stubGlobal('fetch', fetch)
  })
  afterEach(async () => {
    vi.unstubAllGlobals()
    await server.close()
  })

  function withToken(expiresIn = 3600): SpotifyApi {
    const { accessToken, refreshToken } = server.fake.issue({ clientId })
    const token: AccessToken = {
      access_token: accessToken,
      refresh_token: refreshToken,
      token_type: 'Bearer',
      expires_in: expiresIn,
    }
    return SpotifyApi.withAccessToken(clientId, token, { fetch })
  }

  it('signs a user in with PKCE', async () => {
    const history = { replaceState: () => {} }
    vi.stubGlobal('window', { location: { search: '', href: redirectUri }, history, crypto })
    vi.stubGlobal('document', { title: '' })
    const cache = new Map<string, string>()
    const options: SdkOptions = {
      fetch,
      cachingStrategy: {
        getOrCreate: async (key, create) => JSON.parse(cache.get(key) ?? JSON.stringify(await create())),
        get: async (key) => JSON.parse(cache.get(key) ?? 'null'),
        setCacheItem: (key, item) => void cache.set(key, JSON.stringify(item)),
        remove: (key) => void cache.delete(key),
      },
    }
    const sent = await new Promise<string>((resolve) => {
      const redirectionStrategy = {
        redirect: async (url: string | URL) => resolve(String(url)),
        onReturnFromRedirect: async () => {},
      }
      const scopes = ['user-read-private', 'user-library-read']
      void SpotifyApi.withUserAuthorization(clientId, redirectUri, scopes, {
        ...options,
        redirectionStrategy,
      }).authenticate()
    })
    const back = await server.fake.approve(sent)
    vi.stubGlobal('window', { location: { search: back.search, href: back.href }, history, crypto })
    const api = SpotifyApi.withUserAuthorization(clientId, redirectUri, [], options)
    expect(await api.currentUser.profile()).toMatchObject({ id: 'a', product: 'premium' })
    expect(server.fake.grants).toMatchObject([{ userId: 'a', clientId, flow: 'pkce' }])
  })

  it('reads a profile, pages a library and edits a playlist', async () => {
    const api = withToken()
    const profile = await api.currentUser.profile()
    const seen: string[] = []
    for (let offset = 0; ; offset += 50) {
      const page = await api.currentUser.tracks.savedTracks(50, offset)
      seen.push(...page.items.map(({ track }) => track.uri))
      if (page.next === null) break
    }
    expect(new Set(seen).size).toBe(70)
    await api.currentUser.tracks.removeSavedTracks([seen[0]!.split(':')[2]!])
    expect((await api.currentUser.tracks.savedTracks(1)).total).toBe(69)
    const playlist = await api.playlists.createPlaylist(profile.id, { name: 'From the SDK', public: false })
    await api.playlists.addItemsToPlaylist(playlist.id, seen.slice(0, 3))
    await api.playlists.movePlaylistItems(playlist.id, 0, 1, 3)
    await api.playlists.removeItemsFromPlaylist(playlist.id, { tracks: [{ uri: seen[1]! }] })
    const items = await api.playlists.getPlaylistItems(playlist.id)
    expect(items.items.map(({ track }) => track.uri)).toEqual([seen[2], seen[0]])
    await api.playlists.changePlaylistDetails(playlist.id, { name: 'Renamed' })
    expect((await api.playlists.getPlaylist(playlist.id)).name).toBe('Renamed')
  })

  it('reads what else there is', async () => {
    const api = withToken()
    const found = await api.search('harbour', ['album', 'artist', 'track', 'show'], undefined, 5)
    const album = await api.albums.get(found.albums.items[0]!.id)
    expect(album.tracks.items[0]!.artists[0]!.name).toEqual(expect.any(String))
    expect((await api.artists.get(found.artists.items[0]!.id)).type).toBe('artist')
    expect((await api.tracks.get(found.tracks.items.map(({ id }) => id))).length).toBe(5)
    expect((await api.currentUser.topItems('tracks')).items).toHaveLength(20)
    expect((await api.currentUser.followedArtists()).artists.items[0]!.type).toBe('artist')
    expect((await api.player.getAvailableDevices()).devices).toHaveLength(3)
  })

  it('rejects when the application is over its limit', async () => {
    const api = withToken()
    server.fake.fail({ path: '/me', status: 429, retryAfter: 2 })
    await expect(api.currentUser.profile()).rejects.toThrow('The app has exceeded its rate limits.')
  })

  it('rejects for an invalid token, and refreshes an expired one', async () => {
    server.fake.revoke({ accessTokens: true })
    const api = withToken()
    server.fake.revoke({ accessTokens: true })
    await expect(api.currentUser.profile()).rejects.toThrow('Bad or expired token')
    const old = withToken(-1)
    expect((await old.currentUser.profile()).id).toBe('a')
    server.fake.requests.expect({ grantType: 'refresh_token', status: 200 }, 1)
  })
})
