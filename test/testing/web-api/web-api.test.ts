import { describe, expect, it } from 'vitest'
import { createFakeSpotify } from '../../../src/testing/index.ts'
import { callerOf, postToken, send } from '../support/caller.ts'

const start = Date.UTC(2026, 8, 10)

describe('who may call the Web API', () => {
  it('refuses calls without a token, with a wrong one and with an expired one', async () => {
    const fake = createFakeSpotify({ clock: start })
    const { accessToken } = fake.issue()
    const none = await send(fake, 'GET /me', undefined)
    expect(none.status).toBe(401)
    expect(none.headers.get('www-authenticate')).toContain('error="missing_token"')
    const wrong = await send(fake, 'GET /me', 'BQnothing')
    expect(wrong.body).toEqual({ error: { status: 401, message: 'Missing/invalid/expired access token' } })
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"')
    fake.clock.advance(3_600_000)
    expect((await send(fake, 'GET /me', accessToken)).body.error.message).toBe('The access token expired')
  })

  it('refuses other kinds of credentials', async () => {
    const reply = await send(createFakeSpotify(), 'GET /me', undefined, { headers: { authorization: 'Basic YTpi' } })
    expect(reply).toMatchObject({
      status: 400,
      body: { error: { message: 'Only valid bearer authentication supported' } },
    })
  })

  it('serves the catalogue, but no user data, to client credentials', async () => {
    const fake = createFakeSpotify()
    const authorization = `Basic ${btoa('app:secret')}`
    const { body } = await postToken(fake, { grant_type: 'client_credentials' }, { authorization })
    const track = fake.state.catalogue.id('track', 1)
    expect((await send(fake, `GET /tracks/${track}`, body.access_token)).status).toBe(200)
    expect((await send(fake, 'GET /me', body.access_token)).status).toBe(401)
    expect((await send(fake, 'GET /search?q=x&type=track&market=from_token', body.access_token)).status).toBe(403)
  })

  it('requires the scope of each operation', async () => {
    const call = callerOf(createFakeSpotify(), { scopes: ['user-library-read'] })
    expect((await call('GET /me/tracks')).status).toBe(200)
    for (const route of [
      'GET /me/top/tracks',
      'GET /me/following?type=artist',
      'PUT /me/player/pause',
      'GET /me/playlists',
    ])
      expect(await call(route), route).toMatchObject({
        status: 403,
        body: { error: { message: 'Insufficient client scope' } },
      })
  })

  it('requires the scope of each kind of library item', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake, { scopes: ['user-library-modify'] })
    const { catalogue } = fake.state
    expect((await call(`PUT /me/library?uris=spotify:track:${catalogue.id('track', 1)}`)).status).toBe(200)
    expect((await call(`PUT /me/library?uris=spotify:artist:${catalogue.id('artist', 1)}`)).status).toBe(403)
    expect((await call(`PUT /me/library?uris=spotify:playlist:${catalogue.id('playlist', 1)}`)).status).toBe(403)
  })

  it('shows country, product and e-mail only with the scopes for them', async () => {
    const fake = createFakeSpotify()
    const bare = await callerOf(fake, { scopes: [] })('GET /me')
    expect(bare.body).not.toHaveProperty('country')
    expect(bare.body).not.toHaveProperty('email')
    expect((await callerOf(fake)('GET /me')).body).toMatchObject({ country: 'NL', email: 'ada@example.com' })
  })

  it('refuses users who are not on the list of a development application, in plain text', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake, { user: 'dana' })
    const reply = await call('GET /me')
    expect(reply.status).toBe(403)
    expect(reply.text).toBe('User not registered in the Developer Dashboard')
    fake.state.appMode = 'extended'
    expect((await call('GET /me')).status).toBe(200)
  })

  it('stops everything when the Premium of the owner of a development application lapses', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    fake.state.ownerPremium = false
    const reply = await call('GET /me')
    expect(reply.status).toBe(403)
    expect(reply.text).toMatch(/^Active premium subscription required for the owner of the app\./)
    fake.state.ownerPremium = true
    expect((await call('GET /me')).status).toBe(200)
  })

  it('lets browsers call from any page', async () => {
    const fake = createFakeSpotify()
    const headers = { origin: 'https://app.example.com', authorization: `Bearer ${fake.issue().accessToken}` }
    const url = 'https://api.spotify.com/v1/me'
    const preflight = await fake.fetch(url, { method: 'OPTIONS', headers })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization')
    expect((await fake.fetch(url, { headers })).headers.get('access-control-allow-origin')).toBe('*')
    expect((await callerOf(fake)('GET /me')).headers.has('access-control-allow-origin')).toBe(false)
  })

  it('knows the markets', async () => {
    const call = callerOf(createFakeSpotify())
    expect((await call('GET /me/tracks?market=XX')).body.error.message).toBe('Invalid market code')
    expect((await call('GET /me/tracks?market=from_token')).status).toBe(200)
  })

  it('responds to unknown paths with 404, unknown methods with 405 and unknown objects with 404', async () => {
    const call = callerOf(createFakeSpotify())
    expect((await call('GET /nothing')).status).toBe(404)
    expect((await call('GET /me/library')).status).toBe(405)
    expect((await call('GET /tracks/0000000000000000000000')).status).toBe(404)
    expect((await call('GET /tracks/short')).body.error).toEqual({ status: 400, message: 'Invalid base62 id' })
  })
})

describe('what applications see', () => {
  it('leaves out of tracks and artists what new development applications do not get', async () => {
    const fake = createFakeSpotify()
    const { catalogue } = fake.state
    const small = await callerOf(fake)(`GET /tracks/${catalogue.id('track', 4)}`)
    expect(Object.keys(small.body)).not.toEqual(expect.arrayContaining(['available_markets']))
    expect(small.body).toMatchObject({ is_playable: expect.any(Boolean), external_ids: { isrc: expect.any(String) } })
    expect(small.body).not.toHaveProperty('popularity')
    const artist = await callerOf(fake)(`GET /artists/${catalogue.id('artist', 2)}`)
    expect(artist.body).not.toHaveProperty('genres')
    fake.state.appMode = 'extended'
    const large = await callerOf(fake)(`GET /tracks/${catalogue.id('track', 4)}`)
    expect(large.body).toMatchObject({ popularity: expect.any(Number), available_markets: expect.any(Array) })
  })

  it('follows the rules of each application, as far as they are listed', async () => {
    const fake = createFakeSpotify({ clients: [{ clientId: 'new' }, { clientId: 'old', appMode: 'development-2025' }] })
    const ids = fake.state.catalogue.id('track', 1)
    expect((await callerOf(fake, { clientId: 'new' })(`GET /tracks?ids=${ids}`)).status).toBe(403)
    const old = await callerOf(fake, { clientId: 'old' })(`GET /tracks?ids=${ids}`)
    expect(old.body.tracks[0]).toHaveProperty('popularity')
    expect((await callerOf(fake, { clientId: 'old' })(`GET /audio-features/${ids}`)).status).toBe(403)
    expect((await callerOf(fake, { clientId: 'old', user: 'dana' })('GET /me')).status).toBe(403)
  })

  it('has different limits of a page for different applications', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    const artist = fake.state.catalogue.id('artist', 0)
    expect((await call('GET /search?q=a&type=track&limit=11')).body.error.message).toBe('Invalid limit')
    expect((await call('GET /search?q=a&type=track')).body.tracks.limit).toBe(5)
    expect((await call(`GET /artists/${artist}/albums?limit=11`)).status).toBe(400)
    expect((await call('GET /me/tracks?limit=51')).status).toBe(400)
    fake.state.appMode = 'extended'
    expect((await call('GET /search?q=a&type=track&limit=50')).status).toBe(200)
    expect((await call(`GET /artists/${artist}/albums?limit=50`)).status).toBe(200)
  })

  it('relinks a track for a market in extended mode', async () => {
    const fake = createFakeSpotify({ appMode: 'extended' })
    const requested = fake.state.catalogue.id('relinked', 8)
    const { body } = await callerOf(fake)(`GET /tracks/${requested}`)
    expect(body.id).toBe(fake.state.catalogue.id('track', 8))
    expect(body.linked_from.id).toBe(requested)
  })

  it("marks what is not sold in the user's country", async () => {
    const fake = createFakeSpotify({ users: [{ id: 'a', country: 'AE' }], appMode: 'extended' })
    const { body } = await callerOf(fake)('GET /me/tracks?limit=50')
    const withheld = body.items.filter((row: { track: { is_playable: boolean } }) => !row.track.is_playable)
    expect(withheld.length).toBeGreaterThan(0)
    for (const { track } of withheld) {
      expect(track.available_markets).not.toContain('AE')
      expect(track.restrictions).toEqual({ reason: 'market' })
    }
  })
})

describe('pages', () => {
  it('lead from one to the next until everything was seen once', async () => {
    const fake = createFakeSpotify({ users: [{ id: 'a', library: { tracks: 103 } }] })
    const call = callerOf(fake)
    const seen: string[] = []
    let route: string | null = 'GET /me/tracks?limit=20&market=NL'
    while (route !== null) {
      const { body } = await call(route)
      seen.push(...body.items.map(({ track }: { track: { id: string } }) => track.id))
      expect(body.total).toBe(103)
      if (body.offset > 0) expect(body.previous).toContain(`offset=${body.offset - 20}`)
      if (body.next !== null) expect(body.next).toContain('market=NL')
      route = body.next === null ? null : `GET ${body.next.replace('https://api.spotify.com/v1', '')}`
    }
    expect(new Set(seen).size).toBe(103)
  })

  it('of followed artists lead on by cursor', async () => {
    const fake = createFakeSpotify({ users: [{ id: 'a', library: { artists: 23 } }] })
    const call = callerOf(fake)
    const first = (await call('GET /me/following?type=artist&limit=20')).body.artists
    expect(first.cursors.after).toBe(first.items.at(-1).id)
    const second = (await call(`GET ${first.next.replace('https://api.spotify.com/v1', '')}`)).body.artists
    expect(second.items).toHaveLength(3)
    expect(second.next).toBeNull()
    expect((await call('GET /me/following?type=user')).body.error.message).toBe('Invalid type: user')
  })

  it('of what was played lead back in time', async () => {
    const fake = createFakeSpotify({ clock: start })
    const call = callerOf(fake)
    const seen: string[] = []
    let route: string | null = 'GET /me/player/recently-played?limit=20'
    while (route !== null) {
      const { body } = await call(route)
      seen.push(...body.items.map(({ played_at }: { played_at: string }) => played_at))
      route = body.next === null ? null : `GET ${body.next.replace('https://api.spotify.com/v1', '')}`
    }
    expect(seen).toHaveLength(50)
    expect([...seen].sort().reverse()).toEqual(seen)
    expect((await call('GET /me/player/recently-played?after=1&before=2')).status).toBe(400)
  })

  it('of a search end where Spotify ends them', async () => {
    const call = callerOf(createFakeSpotify())
    expect((await call('GET /search?q=a&type=track&limit=10&offset=990')).status).toBe(200)
    expect((await call('GET /search?q=a&type=track&limit=10&offset=991')).body.error.message).toBe(
      'Limit + Offset exceeds maximum of 1000',
    )
  })

  it('of a search begin with the names that fit', async () => {
    const call = callerOf(createFakeSpotify({ appMode: 'extended' }))
    const { tracks } = (await call('GET /search?q=velvet&type=track&limit=50')).body
    const fits = tracks.items.map(({ name }: { name: string }) => /velvet/i.test(name))
    expect(fits[0]).toBe(true)
    expect(fits.indexOf(false)).toBe(fits.lastIndexOf(true) + 1)
    expect(tracks.total).toBeGreaterThan(fits.filter(Boolean).length)
    const nothing = (await call('GET /search?q=qqqq&type=track,playlist')).body
    expect(nothing.tracks.items.length).toBeGreaterThan(0)
    expect((await call('GET /search?q=qqqq&type=track,playlist')).body).toEqual(nothing)
    expect((await call('GET /search?q=&type=track')).status).toBe(400)
    expect((await call('GET /search?q=a&type=song')).status).toBe(400)
  })

  it('refuse offsets and limits that are no numbers', async () => {
    const call = callerOf(createFakeSpotify())
    for (const query of ['limit=0', 'limit=ten', 'limit=-1', 'offset=-1', 'offset=x'])
      expect((await call(`GET /me/tracks?${query}`)).status, query).toBe(400)
  })
})
