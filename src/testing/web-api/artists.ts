import { albumType, simplifiedAlbum } from '../catalogue/album.ts'
import { artistObject } from '../catalogue/artist.ts'
import { trackObject } from '../catalogue/track.ts'
import { hash } from '../random.ts'
import { json } from '../response.ts'
import { indexOf, renderMany } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { pageOf, pageRequest } from './paging.ts'
import { badRequest } from './refusal.ts'

const groups = ['album', 'single', 'appears_on', 'compilation'] as const
type Group = (typeof groups)[number]

/** An artist's own albums, and a few albums of others on which they appear. */
function discography(call: ApiCall, artist: number): readonly { readonly album: number; readonly group: Group }[] {
  const { catalogue } = call.state
  const run = catalogue.artist(artist)
  const own = Array.from({ length: run.count }, (_, position) => {
    const album = run.first + position
    return { album, group: albumType(catalogue, album) as Group }
  })
  const total = catalogue.count('album')
  const guests = Array.from({ length: hash(catalogue.seed, artist, 121) % 4 }, (_, position) => ({
    album: hash(catalogue.seed, artist, 122 + position) % total,
    group: 'appears_on' as const,
  }))
  return [...own, ...guests.filter(({ album }) => album < run.first || album >= run.first + run.count)]
}

function albumsOf(call: ApiCall): Response {
  const { catalogue } = call.state
  const artist = indexOf(call, 'artist', call.params.id)
  const strict = call.rules.february2026
  const request = pageRequest(call, strict ? { fallback: 5, max: 10, min: 0 } : {})
  const requested = (call.query.get('include_groups') ?? groups.join()).split(',')
  if (requested.some((group) => !groups.some((known) => known === group))) throw badRequest('Invalid album type')
  const albums = discography(call, artist).filter(({ group }) => requested.includes(group))
  return json(
    200,
    pageOf(call, request, albums, ({ album, group }) => ({
      ...simplifiedAlbum(catalogue, call.view, album),
      ...(call.view.stripped ? {} : { album_group: group }),
    })),
  )
}

function topTracks(call: ApiCall): Response {
  const { catalogue } = call.state
  const albums = catalogue.artist(indexOf(call, 'artist', call.params.id))
  const { first } = catalogue.album(albums.first)
  const last = catalogue.album(albums.first + albums.count - 1)
  const count = Math.min(10, last.first + last.count - first)
  const tracks = Array.from({ length: count }, (_, position) => trackObject(catalogue, call.view, first + position))
  return json(200, { tracks })
}

function related(call: ApiCall): Response {
  const { catalogue } = call.state
  const artist = indexOf(call, 'artist', call.params.id)
  const total = catalogue.count('artist')
  const count = Math.min(20, total - 1)
  const artists = Array.from({ length: count }, (_, position) => (artist + 1 + position) % total)
  return json(200, { artists: artists.map((index) => artistObject(catalogue, call.view, index)) })
}

export const artistOperations: readonly Operation[] = [
  operation('get-an-artist', 'GET /artists/{id}', (call) =>
    json(200, artistObject(call.state.catalogue, call.view, indexOf(call, 'artist', call.params.id))),
  ),
  operation(
    'get-multiple-artists',
    'GET /artists',
    (call) =>
      json(200, {
        artists: renderMany(call, 'artist', 50, (index) => artistObject(call.state.catalogue, call.view, index)),
      }),
    { availability: 'removed-2026' },
  ),
  operation('get-an-artists-albums', 'GET /artists/{id}/albums', albumsOf),
  operation('get-an-artists-top-tracks', 'GET /artists/{id}/top-tracks', topTracks, { availability: 'removed-2026' }),
  operation('get-an-artists-related-artists', 'GET /artists/{id}/related-artists', related, {
    availability: 'removed-2024',
  }),
]
