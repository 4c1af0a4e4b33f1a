import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../../src/testing/server.ts'
import { detourHttps } from '../support/detour.ts'

interface ClientResponse {
  // biome-ignore lint/suspicious/noExplicitAny: the client has no types
  readonly body: any
  readonly statusCode: number
}
type Client = Record<string, (...parameters: unknown[]) => Promise<ClientResponse>> & {
  createAuthorizeURL(scopes: readonly string[], state: string): string
  setAccessToken(token: string): void
  setRefreshToken(token: string): void
}
const SpotifyWebApi = createRequire(import.meta.url)('spotify-web-api-node') as new (options: object) => Client

const credentials = { clientId: 'node-app', clientSecret: 's3cret', redirectUri: 'https://app.example.com/callback' }

describe('spotify-web-api-node', () => {
  let server: FakeSpotifyServer
  let undo: () => void

  beforeEach(async () => {
    server = await startFakeSpotify({
      appMode: 'extended',
      clients: [{ clientId: 'node-app', clientSecret: 's3cret', redirectUris: [credentials.redirectUri] }],
      users: [{ id: 'a', library: { tracks: 70 } }],
    })
    undo = detourHttps(server.url)
  })
  afterEach(async () => {
    undo()
    await server.close()
  })

  function withToken(): Client {
    const api = new SpotifyWebApi(credentials)
    const { accessToken, refreshToken } = server.fake.issue({ clientId: 'node-app', flow: 'code' })
    api.setAccessToken(accessToken)
    api.setRefreshToken(refreshToken)
    return api
  }

  it('signs a user in with a secret', async () => {
    const api = new SpotifyWebApi(credentials)
    const url = api.createAuthorizeURL(['user-read-private', 'user-read-email'], 'some-state')
    const back = await server.fake.approve(url)
    expect(back.searchParams.get('state')).toBe('some-state')
    const granted = await api.authorizationCodeGrant!(back.searchParams.get('code'))
    expect(granted.body).toMatchObject({ expires_in: 3600, scope: 'user-read-private user-read-email' })
    api.setAccessToken(granted.body.access_token)
    api.setRefreshToken(granted.body.refresh_token)
    expect((await api.getMe!()).body).toMatchObject({ id: 'a', email: 'a@example.com' })
    expect((await api.refreshAccessToken!()).body.access_token).not.toBe(granted.body.access_token)
    await expect(api.authorizationCodeGrant!(back.searchParams.get('code'))).rejects.toThrow(
      'Invalid authorization code',
    )
    expect((await api.clientCredentialsGrant!()).body.token_type).toBe('Bearer')
  })

  it('reads a profile, pages a library and edits a playlist', async () => {
    const api = withToken()
    expect((await api.getMe!()).body.product).toBe('premium')
    const seen: string[] = []
    for (let offset = 0; ; offset += 50) {
      const { body } = await api.getMySavedTracks!({ limit: 50, offset })
      seen.push(...body.items.map(({ track }: { track: { uri: string } }) => track.uri))
      if (body.next === null) break
    }
    expect(new Set(seen).size).toBe(70)
    const playlist = (await api.createPlaylist!('From Node', { public: true })).body
    await api.addTracksToPlaylist!(playlist.id, seen.slice(0, 3))
    await api.reorderTracksInPlaylist!(playlist.id, 2, 0)
    await api.removeTracksFromPlaylist!(playlist.id, [{ uri: seen[1] }])
    const { body } = await api.getPlaylistTracks!(playlist.id)
    expect(body.items.map(({ track }: { track: { uri: string } }) => track.uri)).toEqual([seen[2], seen[0]])
    await api.changePlaylistDetails!(playlist.id, { name: 'Renamed' })
    expect((await api.getPlaylist!(playlist.id)).body.name).toBe('Renamed')
    await api.unfollowPlaylist!(playlist.id)
  })

  it('has different errors for limits, missing devices and invalid tokens', async () => {
    const api = withToken()
    server.fake.fail({ path: '/me', status: 429, retryAfter: 2 })
    await expect(api.getMe!()).rejects.toMatchObject({ statusCode: 429, headers: { 'retry-after': '2' } })
    await expect(api.pause!()).rejects.toMatchObject({
      name: 'WebapiPlayerError',
      body: { error: { reason: 'NO_ACTIVE_DEVICE' } },
    })
    server.fake.revoke({ accessTokens: true })
    await expect(api.getMe!()).rejects.toMatchObject({ statusCode: 401, name: 'WebapiRegularError' })
    await expect(api.refreshAccessToken!()).rejects.toMatchObject({
      name: 'WebapiAuthenticationError',
      body: { error: 'invalid_grant', error_description: 'Refresh token revoked' },
    })
  })
})
