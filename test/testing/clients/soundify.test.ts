import {
  addItemsToPlaylist,
  createPlaylist,
  getCurrentUser,
  getPlaylistTracks,
  getSavedTracks,
  removePlaylistItems,
  reorderPlaylistItems,
  SpotifyClient,
} from '@soundify/web-api'
import { PageIterator } from '@soundify/web-api/pagination'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../../src/testing/server.ts'

describe('@soundify/web-api', () => {
  let server: FakeSpotifyServer

  beforeEach(async () => {
    server = await startFakeSpotify({ appMode: 'extended', users: [{ id: 'a', library: { tracks: 70 } }] })
  })
  afterEach(() => server.close())

  const client = (options: object = {}): SpotifyClient =>
    new SpotifyClient(server.fake.issue({ clientId: 'app' }).accessToken, { baseUrl: server.url, ...options })

  it('reads a profile, pages a library and edits a playlist', async () => {
    const api = client()
    const me = await getCurrentUser(api)
    const saved = await new PageIterator((offset) => getSavedTracks(api, { offset, limit: 50 })).collect()
    expect(new Set(saved.map(({ track }) => track.id)).size).toBe(70)
    const playlist = await createPlaylist(api, me.id, { name: 'From soundify' })
    const uris = saved.slice(0, 3).map(({ track }) => track.uri)
    await addItemsToPlaylist(api, playlist.id, uris)
    await reorderPlaylistItems(api, playlist.id, { range_start: 0, insert_before: 3 })
    await removePlaylistItems(api, playlist.id, [uris[1]!])
    const items = await getPlaylistTracks(api, playlist.id)
    expect(items.items.map(({ track }) => track.uri)).toEqual([uris[2], uris[0]])
  })

  it('hears in development mode that an operation is gone', async () => {
    server.fake.state.appMode = 'development'
    const api = client()
    const me = await getCurrentUser(api)
    expect((await getSavedTracks(api, { limit: 50 })).total).toBe(70)
    const gone = { status: 403, body: { error: { status: 403, message: 'Forbidden' } } }
    await expect(createPlaylist(api, me.id, { name: 'x' })).rejects.toMatchObject(gone)
  })

  it('waits out a limit', async () => {
    server.fake.fail({ path: '/me', status: 429, retryAfter: 1 })
    expect((await getCurrentUser(client({ waitForRateLimit: true }))).id).toBe('a')
    server.fake.fail({ path: '/me', status: 429, retryAfter: 1 })
    await expect(getCurrentUser(client())).rejects.toMatchObject({ status: 429 })
  })

  it('requests a new token when the old one has expired', async () => {
    const { refreshToken } = server.fake.issue({ clientId: 'app' })
    const refresher = async (): Promise<string> => {
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'app' }
      const response = await fetch(server.endpoints.token, { method: 'POST', body: new URLSearchParams(form) })
      return ((await response.json()) as { access_token: string }).access_token
    }
    const api = client({ refresher })
    server.fake.clock.advance(3_600_000)
    expect((await getCurrentUser(api)).id).toBe('a')
    server.fake.requests.expect({ path: '/me', status: 401 }, 1)
  })
})
