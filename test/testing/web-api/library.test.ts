import { describe, expect, it } from 'vitest'
import { createFakeSpotify } from '../../../src/testing/index.ts'
import { callerOf } from '../support/caller.ts'

const now = Date.UTC(2026, 9, 2, 12)

function world() {
  const fake = createFakeSpotify({ clock: now, users: [{ id: 'a', library: { tracks: 0 } }, { id: 'b' }] })
  const call = callerOf(fake)
  const uri = (kind: Parameters<typeof fake.state.catalogue.id>[0], index: number): string =>
    `spotify:${kind}:${fake.state.catalogue.id(kind, index)}`
  return { fake, call, uri }
}

describe('the library', () => {
  it('saves, finds and removes things of every kind by URI', async () => {
    const { call, uri } = world()
    const kinds = ['track', 'album', 'artist', 'show', 'episode', 'audiobook', 'playlist'] as const
    const uris = kinds.map((kind) => uri(kind, 3)).join()
    expect(await call(`DELETE /me/library?uris=${uris}`)).toMatchObject({ status: 200, text: '' })
    expect((await call(`GET /me/library/contains?uris=${uris}`)).body).toEqual(kinds.map(() => false))
    expect(await call(`PUT /me/library?uris=${uris}`)).toMatchObject({ status: 200, text: '' })
    expect((await call(`GET /me/library/contains?uris=${uris},spotify:user:b`)).body).toEqual([
      ...kinds.map(() => true),
      false,
    ])
    const { body } = await call('GET /me/tracks')
    expect(body.items).toMatchObject([{ added_at: '2026-10-02T12:00:00Z', track: { uri: uri('track', 3) } }])
  })

  it('reads URIs from the query only and mentions it in its errors', async () => {
    const { call, uri } = world()
    const message = async (route: string, body?: unknown): Promise<unknown> =>
      (await call(route, { body })).body.error.message
    expect(await message('PUT /me/library', { uris: [uri('track', 1)] })).toBe('Missing required field: uris')
    expect(await message('PUT /me/library?uris=')).toBe('No uris provided')
    expect(await message('PUT /me/library?uris=track:1')).toBe('Invalid Spotify URI')
    const many = (count: number): string => Array.from({ length: count }, (_, index) => uri('track', index)).join()
    expect((await call(`PUT /me/library?uris=${many(40)}`)).status).toBe(200)
    expect(await message(`PUT /me/library?uris=${many(41)}`)).toBe('Too many uris requested')
    expect((await call(`PUT /me/library?uris=${many(100)}`)).status).toBe(414)
  })

  it('agrees to save what does not exist, and does not', async () => {
    const { call } = world()
    const gone = 'spotify:track:0000000000000000000000'
    expect((await call(`PUT /me/library?uris=${gone}`)).status).toBe(200)
    expect((await call(`GET /me/library/contains?uris=${gone}`)).body).toEqual([false])
  })

  it('fails for an audiobook that is not available, as observed', async () => {
    const { call } = world()
    const gone = 'spotify:audiobook:0000000000000000000000'
    expect((await call(`GET /me/library/contains?uris=${gone}`)).status).toBe(500)
  })

  it('is a different one for each user', async () => {
    const { fake, call, uri } = world()
    await call(`PUT /me/library?uris=${uri('track', 5)}`)
    const other = callerOf(fake, { user: 'b' })
    expect((await other('GET /me/tracks')).body.total).toBe(120)
    expect((await call('GET /me/tracks')).body.total).toBe(1)
  })

  it('keeps the older operations for applications that have them', async () => {
    const { fake, call } = world()
    const id = fake.state.catalogue.id('track', 5)
    expect((await call(`PUT /me/tracks?ids=${id}`)).status).toBe(403)
    fake.state.appMode = 'extended'
    const timestamped = { timestamped_ids: [{ id, added_at: '2020-01-02T03:04:05Z' }] }
    expect((await call('PUT /me/tracks', { body: timestamped })).status).toBe(200)
    expect((await call('GET /me/tracks')).body.items[0].added_at).toBe('2020-01-02T03:04:05Z')
    expect((await call(`GET /me/tracks/contains?ids=${id}`)).body).toEqual([true])
    expect((await call(`DELETE /me/tracks?ids=${id}`)).status).toBe(200)
    expect((await call('GET /me/tracks')).body.total).toBe(0)
  })

  it('follows artists and people the old way too', async () => {
    const { fake, call } = world()
    fake.state.appMode = 'extended'
    const id = fake.state.catalogue.id('artist', 30)
    expect((await call(`PUT /me/following?type=artist&ids=${id}`)).status).toBe(204)
    expect((await call('PUT /me/following?type=user', { body: { ids: ['b'] } })).status).toBe(204)
    expect((await call(`GET /me/following/contains?type=artist&ids=${id}`)).body).toEqual([true])
    expect((await call('GET /me/following/contains?type=user&ids=b,c')).body).toEqual([true, false])
    expect((await call('DELETE /me/following?type=user&ids=b')).status).toBe(204)
    expect((await call('GET /me/following/contains?type=user&ids=b')).body).toEqual([false])
    expect((await call('PUT /me/following?type=show&ids=b')).status).toBe(400)
  })

  it('returns saved audiobooks without the wrapper that other kinds have', async () => {
    const { call } = world()
    const { body } = await call('GET /me/audiobooks')
    expect(body.items[0]).toMatchObject({ type: 'audiobook', uri: expect.stringMatching(/^spotify:show:/) })
  })
})
