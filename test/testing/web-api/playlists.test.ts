import { describe, expect, it } from 'vitest'
import { createFakeSpotify, type FakeSpotifyOptions } from '../../../src/testing/index.ts'
import { callerOf } from '../support/caller.ts'

const now = Date.UTC(2026, 9, 2, 12)

function world(options: FakeSpotifyOptions = {}) {
  const fake = createFakeSpotify({ clock: now, ...options })
  const call = callerOf(fake)
  const uris = (...indexes: number[]): string[] =>
    indexes.map((index) => `spotify:track:${fake.state.catalogue.id('track', index)}`)
  const rows = async (id: string): Promise<string[]> =>
    (await call(`GET /playlists/${id}/items?limit=100`)).body.items.map(
      ({ item }: { item: { uri: string } }) => item.uri,
    )
  const create = async (): Promise<string> => (await call('POST /me/playlists', { body: { name: 'Mine' } })).body.id
  return { fake, call, uris, rows, create }
}

describe('playlists', () => {
  it('are made, filled, reordered, thinned and replaced, each time with a new snapshot', async () => {
    const { call, uris, rows, create } = world()
    const id = await create()
    const items = `/playlists/${id}/items`
    const snapshots = new Set<string>()
    const write = async (route: string, body: unknown, status = 200): Promise<void> => {
      const reply = await call(route, { body })
      expect(reply.status).toBe(status)
      snapshots.add(reply.body.snapshot_id)
      expect((await call(`GET /playlists/${id}`)).body.snapshot_id).toBe(reply.body.snapshot_id)
    }
    await write(`POST ${items}`, { uris: uris(1, 2, 3) }, 201)
    await write(`POST ${items}`, { uris: uris(4, 2), position: 1 }, 201)
    expect(await rows(id)).toEqual(uris(1, 4, 2, 2, 3))
    await write(`PUT ${items}`, { range_start: 0, range_length: 2, insert_before: 5 })
    expect(await rows(id)).toEqual(uris(2, 2, 3, 1, 4))
    await write(`PUT ${items}`, { range_start: 4, insert_before: 0 })
    expect(await rows(id)).toEqual(uris(4, 2, 2, 3, 1))
    await write(`DELETE ${items}`, { items: [{ uri: uris(2)[0] }] })
    expect(await rows(id)).toEqual(uris(4, 3, 1))
    await write(`PUT ${items}`, { uris: uris(9, 8) })
    expect(await rows(id)).toEqual(uris(9, 8))
    await write(`PUT ${items}?uris=${uris(7)[0]}`, undefined)
    expect(await rows(id)).toEqual(uris(7))
    expect(snapshots.size).toBe(7)
  })

  it('refuse writes that Spotify refuses', async () => {
    const { fake, call, uris, create } = world()
    const id = await create()
    const items = `/playlists/${id}/items`
    const many = Array.from({ length: 101 }, () => uris(1)[0])
    const episode = `spotify:episode:${'0'.repeat(22)}`
    const status = async (route: string, body: unknown): Promise<number> => (await call(route, { body })).status
    expect(await status(`POST ${items}`, { uris: many })).toBe(400)
    expect(await status(`POST ${items}`, { uris: [] })).toBe(400)
    expect(await status(`POST ${items}`, { uris: ['spotify:album:x'] })).toBe(400)
    expect(await status(`POST ${items}`, '{')).toBe(400)
    expect(await status(`POST ${items}`, { uris: uris(1), position: 2 })).toBe(400)
    expect(await status(`PUT ${items}`, { range_start: 3, insert_before: 0 })).toBe(400)
    expect(await status(`DELETE ${items}`, { tracks: [{ uri: uris(1)[0] }] })).toBe(400)
    expect(await status(`PUT ${items}`, { uris: uris(1), snapshot_id: 'made up' })).toBe(400)
    expect(await status(`PUT ${items}`, { uris: [episode] })).toBe(502)
    expect(await status(`POST /playlists/${fake.state.catalogue.id('playlist', 1)}/items`, { uris: uris(1) })).toBe(403)
  })

  it('have every edge case in the first one of a user', async () => {
    const { fake, call } = world({ appMode: 'extended' })
    const [first = ''] = fake.state.library(fake.state.users.get('ada')!)
    const { body } = await call(`GET /playlists/${first}/tracks?additional_types=track,episode`)
    const tracks = body.items.map(({ track }: { track: unknown }) => track)
    expect(tracks).toContain(null)
    expect(tracks).toContainEqual(expect.objectContaining({ is_local: true, id: null, name: 'Rain on the Roof' }))
    expect(tracks).toContainEqual(expect.objectContaining({ type: 'episode', episode: true, track: false }))
    expect(body.items.at(-1)).toMatchObject({ added_at: null, added_by: null })
    const without = await call(`GET /playlists/${first}/tracks`)
    expect(without.body.items.filter(({ track }: { track: unknown }) => track === null)).toHaveLength(2)
  })

  it('of Spotify itself are holes in lists and are not found', async () => {
    const { fake, call } = world()
    const { body } = await call('GET /me/playlists')
    expect(body.items).toContain(null)
    expect((await call(`GET /playlists/${fake.state.catalogue.id('playlist', 0)}`)).status).toBe(404)
  })

  it('of others show no items to new development applications', async () => {
    const { fake, call } = world()
    const foreign = fake.state.catalogue.id('playlist', 1)
    const { body } = await call(`GET /playlists/${foreign}`)
    expect(body.name).toEqual(expect.any(String))
    expect(body).not.toHaveProperty('items')
    expect((await call(`GET /playlists/${foreign}/items`)).status).toBe(403)
    fake.state.appMode = 'extended'
    expect((await call(`GET /playlists/${foreign}`)).body.tracks.total).toBeGreaterThan(0)
  })

  it('are shared with followers when they are collaborative', async () => {
    const { fake, call } = world()
    const other = callerOf(fake, { user: 'ben' })
    const refused = { name: 'Ours', public: true, collaborative: true }
    expect((await call('POST /me/playlists', { body: refused })).status).toBe(400)
    const { id } = (await call('POST /me/playlists', { body: { ...refused, public: false } })).body
    const add = (): Promise<{ status: number }> =>
      other(`POST /playlists/${id}/items`, { body: { uris: [fake.uri('track', 1)] } })
    expect((await add()).status).toBe(403)
    await other(`PUT /me/library?uris=spotify:playlist:${id}`)
    expect((await add()).status).toBe(201)
    expect((await call(`GET /playlists/${id}/items`)).body.items[0].added_by.id).toBe('ben')
    const narrow = callerOf(fake, { user: 'ben', scopes: ['playlist-read-private'] })
    const ids = (await narrow('GET /me/playlists?limit=50')).body.items.map((row: { id: string } | null) => row?.id)
    expect(ids).not.toContain(id)
  })

  it('of other users are listed as far as they are public', async () => {
    const { fake, call } = world({ appMode: 'extended' })
    const own = (await call('GET /users/ada/playlists?limit=50')).body.items.filter(Boolean)
    expect(own.some((row: { public: boolean }) => !row.public)).toBe(true)
    const others = (await call('GET /users/ben/playlists?limit=50')).body.items.filter(Boolean)
    expect(others.every((row: { public: boolean }) => row.public)).toBe(true)
    expect((await call('GET /users/unknown/playlists')).status).toBe(404)
    expect((await call('POST /users/ben/playlists', { body: { name: 'x' } })).status).toBe(403)
    expect((await call('GET /users/ben')).body).toMatchObject({ display_name: 'Ben Harrow' })
    expect((await call('GET /users/spotify')).body).toMatchObject({ display_name: 'Spotify' })
    expect((await call('GET /users/unknown')).status).toBe(404)
    const foreign = fake.state.catalogue.id('playlist', 1)
    expect((await call(`GET /playlists/${foreign}/followers/contains`)).body).toEqual([true])
  })

  it('are followed and left through the library, and stay readable', async () => {
    const { call, create } = world()
    const id = await create()
    await call(`DELETE /me/library?uris=spotify:playlist:${id}`)
    expect((await call(`GET /me/library/contains?uris=spotify:playlist:${id}`)).body).toEqual([false])
    expect((await call(`GET /playlists/${id}`)).status).toBe(200)
    await call(`PUT /playlists/${id}/followers`, { body: {} })
    expect((await call('GET /me/playlists?limit=1')).body.items[0].id).toBe(id)
  })

  it('change their details and require the scope for their visibility', async () => {
    const { fake, call, create } = world()
    const id = await create()
    expect((await call(`PUT /playlists/${id}`, { body: { name: 'Ours', public: false } })).status).toBe(200)
    expect((await call(`GET /playlists/${id}`)).body).toMatchObject({ name: 'Ours', public: false })
    const publicOnly = callerOf(fake, { scopes: ['playlist-modify-public'] })
    expect((await publicOnly(`PUT /playlists/${id}`, { body: { name: 'No' } })).status).toBe(403)
  })

  it('show the old snapshot during snapshotLag', async () => {
    const { fake, call, uris, create } = world({ snapshotLag: 40_000 })
    const id = await create()
    const before = (await call(`GET /playlists/${id}`)).body.snapshot_id
    fake.clock.advance(60_000)
    const written = (await call(`POST /playlists/${id}/items`, { body: { uris: uris(1) } })).body.snapshot_id
    expect((await call(`GET /playlists/${id}`)).body.snapshot_id).toBe(before)
    fake.clock.advance(40_000)
    expect((await call(`GET /playlists/${id}`)).body.snapshot_id).toBe(written)
  })

  it('take a picture of the right kind and size', async () => {
    const { call, create } = world()
    const id = await create()
    const jpeg = { 'content-type': 'image/jpeg' }
    const status = async (body: string): Promise<number> =>
      (await call(`PUT /playlists/${id}/images`, { body, headers: jpeg })).status
    expect(await status('/9j/4AAQSkZJRg==')).toBe(202)
    expect((await call(`GET /playlists/${id}/images`)).body).toHaveLength(1)
    expect(await status('iVBORw0KGgo=')).toBe(400)
    expect(await status(`/9j/${'A'.repeat(262_144)}`)).toBe(413)
  })

  it('return only the requested fields', async () => {
    const { fake, call } = world()
    const [first = ''] = fake.state.library(fake.state.users.get('ada')!)
    const get = async (fields: string, path = ''): Promise<unknown> =>
      (await call(`GET /playlists/${first}${path}?fields=${encodeURIComponent(fields)}`)).body
    expect(await get('id,owner.id')).toEqual({ id: first, owner: { id: 'ada' } })
    const page = (await get('total,items(item(name,album(!images,artists)))', '/items')) as {
      items: { item: { album: object } }[]
    }
    expect(Object.keys(page).sort()).toEqual(['items', 'total'])
    expect(Object.keys(page.items[0]!.item).sort()).toEqual(['album', 'name'])
    expect(page.items[0]!.item.album).not.toHaveProperty('images')
    expect(await get('items.item.name,items.item.id', '/items')).toMatchObject({
      items: expect.arrayContaining([{ item: { name: expect.any(String), id: expect.any(String) } }]),
    })
    expect((await call(`GET /playlists/${first}?fields=a(`)).status).toBe(400)
  })
})
