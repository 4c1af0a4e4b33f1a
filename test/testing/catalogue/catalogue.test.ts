import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFakeSpotify } from '../../../src/testing/index.ts'
import { callerOf } from '../support/caller.ts'

const kinds = ['artist', 'album', 'track', 'show', 'episode', 'audiobook', 'chapter', 'playlist'] as const

describe('the catalogue', () => {
  it('reads the index back from every id, and knows no id of another kind or seed', () => {
    const { catalogue } = createFakeSpotify({ catalogue: { tracks: 100_000 } }).state
    const other = createFakeSpotify({ seed: 2, catalogue: { tracks: 100_000 } }).state.catalogue
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 }), fc.constantFrom(...kinds), (number, kind) => {
        const index = number % catalogue.count(kind)
        const id = catalogue.id(kind, index)
        expect(id).toMatch(/^[0-7][0-9A-Za-z]{21}$/)
        expect(catalogue.index(kind, id)).toBe(index)
        for (const foreign of kinds) if (foreign !== kind) expect(catalogue.index(foreign, id)).toBeUndefined()
        expect(other.index(kind, id)).toBeUndefined()
      }),
    )
    expect(catalogue.index('track', 'not an id')).toBeUndefined()
    expect(catalogue.index('track', 'z'.repeat(22))).toBeUndefined()
  })

  it.each([10, 11, 97, 1000, 4321])(
    'divides %i tracks among albums, and those among artists, without a gap',
    (tracks) => {
      const { catalogue } = createFakeSpotify({ catalogue: { tracks } }).state
      const levels = [
        ['album', 'track', (index: number) => catalogue.album(index), (index: number) => catalogue.albumOfTrack(index)],
        [
          'artist',
          'album',
          (index: number) => catalogue.artist(index),
          (index: number) => catalogue.artistOfAlbum(index),
        ],
        [
          'show',
          'episode',
          (index: number) => catalogue.show(index),
          (index: number) => catalogue.showOfEpisode(index),
        ],
        [
          'audiobook',
          'chapter',
          (index: number) => catalogue.audiobook(index),
          (index: number) => catalogue.audiobookOfChapter(index),
        ],
      ] as const
      for (const [whole, part, run, owner] of levels) {
        let next = 0
        for (let index = 0; index < catalogue.count(whole); index++) {
          const { first, count } = run(index)
          expect(first).toBe(next)
          expect(count).toBeGreaterThan(0)
          for (let member = first; member < first + count; member++) expect(owner(member).index).toBe(index)
          next = first + count
        }
        expect(next).toBe(catalogue.count(part))
      }
    },
  )

  it('is the same for the same seed and another one for another', async () => {
    const tracks = async (seed: number): Promise<unknown> =>
      (await callerOf(createFakeSpotify({ seed, clock: 0 }))('GET /me/tracks?limit=50')).body
    expect(await tracks(7)).toEqual(await tracks(7))
    expect(await tracks(7)).not.toEqual(await tracks(8))
  })

  it('is the same in whatever order it is looked at', async () => {
    const look = async (...users: string[]): Promise<Record<string, unknown>> => {
      const fake = createFakeSpotify({ clock: 0 })
      const seen: Record<string, unknown> = {}
      for (const user of users) seen[user] = (await callerOf(fake, { user })('GET /me/playlists')).body
      return seen
    }
    expect(await look('ada', 'ben')).toEqual(await look('ben', 'ada'))
  })

  it('has a different id for each account', () => {
    const users = Array.from({ length: 200 }, (_, index) => ({ id: `user-${index}` }))
    const accounts = [...createFakeSpotify({ users }).state.users.values()].map(({ accountId }) => accountId)
    expect(new Set(accounts).size).toBe(200)
    for (const account of accounts) expect(account).toMatch(/^[0-9A-Za-z]{22}$/)
  })

  it('names its things by URI', () => {
    const fake = createFakeSpotify()
    expect(fake.uri('track', 5)).toBe(`spotify:track:${fake.state.catalogue.id('track', 5)}`)
    expect(fake.uri('audiobook', 0)).toMatch(/^spotify:show:/)
    expect(() => fake.uri('track', 1000)).toThrow('there is no track 1000')
  })

  it('holds a world of 100,000 tracks, the last of them included', async () => {
    const fake = createFakeSpotify({ catalogue: { tracks: 100_000 }, users: [{ id: 'a' }] })
    const call = callerOf(fake)
    expect((await call(`GET /tracks/${fake.state.catalogue.id('track', 99_999)}`)).status).toBe(200)
  })

  it('lets an account have saved everything', async () => {
    const fake = createFakeSpotify({ catalogue: { tracks: 5000 }, users: [{ id: 'a', library: { tracks: 5000 } }] })
    const ids = fake.state.users.get('a')!.saved('track').ids()
    expect(new Set(ids).size).toBe(5000)
    const { body } = await callerOf(fake)('GET /me/tracks?offset=4980&limit=50')
    expect(body).toMatchObject({ total: 5000, next: null })
    expect(body.items).toHaveLength(20)
  })

  it('has what real catalogues have: missing pictures, guests, single tracks, dates of several precisions', async () => {
    const fake = createFakeSpotify({ appMode: 'extended' })
    const call = callerOf(fake)
    const { catalogue } = fake.state
    const seen = new Set<string>()
    for (let start = 0; start < 240; start += 20) {
      const ids = Array.from({ length: 20 }, (_, place) => catalogue.id('album', start + place)).join()
      for (const album of (await call(`GET /albums?ids=${ids}`)).body.albums) {
        seen.add(album.album_type).add(album.release_date_precision)
        if (album.images.length === 0) seen.add('no picture')
        if (album.tracks.items.some(({ artists }: { artists: unknown[] }) => artists.length > 1)) seen.add('guest')
      }
    }
    expect([...seen].sort()).toEqual(['album', 'compilation', 'day', 'guest', 'month', 'no picture', 'single', 'year'])
  })
})
