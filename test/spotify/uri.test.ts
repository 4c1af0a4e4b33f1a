import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { path } from '../../src/spotify/index.ts'
import { expand, queryString, segment } from '../../src/spotify/path.ts'
import { idOf, uriOf } from '../../src/spotify/uri.ts'
import { id, json, scriptedClient, track } from './support/scripted-client.ts'

describe('an object is named', () => {
  it.each([
    id,
    `spotify:track:${id}`,
    `https://open.spotify.com/track/${id}`,
    `https://open.spotify.com/track/${id}?si=0123456789abcdef`,
    `https://open.spotify.com/intl-de/track/${id}?si=x#t=1`,
    `https://open.spotify.com/embed/track/${id}`,
    `open.spotify.com/track/${id}`,
    ` spotify:track:${id} `,
  ])('by id, URI or link: %s', async (reference) => {
    const { client, seen } = scriptedClient(() => json(track(1)))
    await client.tracks.get(reference)
    expect(seen[0]?.path).toBe(`/tracks/${id}`)
  })

  it('as a playlist in the older form', () => {
    expect(idOf('playlist', `spotify:user:someone:playlist:${id}`)).toBe(id)
  })

  it('as an audiobook by the URI of a show, and as a chapter by that of an episode', () => {
    expect(idOf('audiobook', `spotify:show:${id}`)).toBe(id)
    expect(idOf('chapter', `spotify:episode:${id}`)).toBe(id)
  })

  it('as a local file, for rows of a playlist', () => {
    const local = 'spotify:local:An+Artist:An+Album:A+Title:123'
    expect(uriOf(['track', 'local'], local)).toBe(local)
  })

  it.each([
    ['the wrong kind', `spotify:album:${id}`, 'Expected a track'],
    ['a link of the wrong kind', `https://open.spotify.com/artist/${id}`, 'Expected a track'],
    ['a link elsewhere', `https://example.com/track/${id}`, 'open.spotify.com'],
    ['a look-alike', `https://open.spotify.com.example.com/track/${id}`, 'open.spotify.com'],
    ['a link without an id', 'https://open.spotify.com/track', 'kind and an id'],
    ['a URI without an id', 'spotify:track:', 'kind and an id'],
    ['nothing', '', 'Expected'],
    ['a dot segment', '..', 'path'],
    ['a dot segment in disguise', '%2e%2E', 'path'],
    ['a URI with a dot segment', 'spotify:track:..', 'path'],
    ['half a character', '\ud800', 'path'],
  ])('but not by %s', async (_, reference, expected) => {
    const { client, seen } = scriptedClient(() => json(track(1)))
    const error = await client.tracks.get(reference).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(expected) })
    expect(seen).toHaveLength(0)
  })

  it('in the library by URI or link, since an id does not say of what it is', async () => {
    const { client, seen } = scriptedClient(() => new Response(''))
    await expect(client.library.save([id])).rejects.toThrow('an id does not say of what it is')
    await expect(client.library.save([`spotify:unknown:${id}`])).rejects.toThrow(TypeError)
    await client.library.save([`https://open.spotify.com/album/${id}`])
    expect(seen.map(({ url }) => url.searchParams.get('uris'))).toEqual([`spotify:album:${id}`])
  })

  it('wrongly in a list method: creating the list throws', () => {
    const { client } = scriptedClient(() => json({}))
    expect(() => client.albums.tracks(`spotify:track:${id}`)).toThrow(TypeError)
  })
})

const anything = fc.string({ unit: 'binary' })

describe('a path', () => {
  it('holds every value as one segment that decodes to it, or is refused', () => {
    fc.assert(
      fc.property(anything, (value) => {
        let text: string
        try {
          text = segment(value)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
          return
        }
        const url = new URL(`https://api.spotify.com/v1/tracks/${text}/end`)
        expect(url.pathname.split('/')).toHaveLength(5)
        expect(decodeURIComponent(url.pathname.split('/')[3] as string)).toBe(value)
        expect([url.origin, url.search, url.hash]).toEqual(['https://api.spotify.com', '', ''])
      }),
    )
  })

  it('is filled by name, and made with the tag', () => {
    expect(expand('/playlists/{playlist_id}/items', { playlist_id: 'a/b?c' })).toBe('/playlists/a%2Fb%3Fc/items')
    expect(expand('/me', undefined)).toBe('/me')
    expect(() => expand('/x/{id}', {})).toThrow(TypeError)
    expect(path`/users/${'a b'}/playlists/${7}`).toBe('/users/a%20b/playlists/7')
    expect(() => path`/users/${'..'}`).toThrow(TypeError)
  })

  it('has a query with the given values', () => {
    const value = fc.oneof(
      anything.filter((text) => text.isWellFormed()),
      fc.integer(),
      fc.boolean(),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), fc.option(value, { nil: undefined })), (query) => {
        const present = Object.entries(query).filter(([, value]) => value !== undefined)
        expect([...new URLSearchParams(queryString(query))]).toEqual(
          present.map(([name, value]) => [name, String(value)]),
        )
      }),
    )
    expect(queryString({ ids: ['a', 'b'], market: undefined })).toBe('?ids=a%2Cb')
  })
})
