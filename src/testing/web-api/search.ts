import { json } from '../answer.ts'
import { simplifiedAlbum } from '../catalogue/album.ts'
import { artistObject } from '../catalogue/artist.ts'
import { simplifiedAudiobook } from '../catalogue/audiobook.ts'
import type { CatalogueKind } from '../catalogue/catalogue.ts'
import { simplifiedEpisode, simplifiedShow } from '../catalogue/show.ts'
import { trackObject } from '../catalogue/track.ts'
import { hash, hashText } from '../random.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { page, pageRequest } from './paging.ts'
import { simplifiedPlaylist } from './playlist-object.ts'
import { badRequest } from './refusal.ts'

const types = ['album', 'artist', 'playlist', 'track', 'show', 'episode', 'audiobook'] as const

/** How far into a list search leads, and so the largest `total` it can honestly give. */
const depth = 1000

/**
 * Results follow from the query, the type and the seed. The fake does not weigh words: the same query finds the same
 * things, another query finds others.
 */
function search(call: ApiCall): Response {
  const query = (call.query.get('q') ?? '').trim()
  if (query === '') throw badRequest('No search query')
  const asked = (call.query.get('type') ?? '').split(',').filter((type) => type !== '')
  if (asked.length === 0) throw badRequest('Missing parameter type')
  const strict = call.rules.february2026
  const request = pageRequest(call, strict ? { fallback: 5, max: 10 } : {})
  if (request.limit + request.offset > depth) throw badRequest('Limit + Offset exceeds maximum of 1000')
  const pages = asked.map((type) => {
    const kind = types.find((known) => known === type)
    if (kind === undefined) throw badRequest(`Bad search type field ${type}`)
    return [`${kind}s`, resultPage(call, kind, query, request)]
  })
  return json(200, Object.fromEntries(pages))
}

function resultPage(
  call: ApiCall,
  kind: (typeof types)[number],
  query: string,
  request: { readonly limit: number; readonly offset: number },
): unknown {
  const { catalogue } = call.state
  const salt = hashText(query.toLowerCase())
  const count = catalogue.count(kind)
  const total = Math.min(count, depth, 1 + (hash(salt, hashText(kind)) % Math.max(1, count)))
  const start = hash(salt, catalogue.seed) % Math.max(1, count)
  const parameters = Object.fromEntries([...call.query].filter(([name]) => name !== 'offset' && name !== 'limit'))
  const address = { query: { ...parameters, type: kind } }
  const found = (position: number): unknown => result(call, kind, (start + position) % count)
  return page(call, request, count === 0 ? 0 : total, found, address)
}

function result(call: ApiCall, kind: CatalogueKind, index: number): unknown {
  const { catalogue } = call.state
  switch (kind) {
    case 'track':
      return trackObject(catalogue, call.view, index)
    case 'album':
      return simplifiedAlbum(catalogue, call.view, index)
    case 'artist':
      return artistObject(catalogue, call.view, index)
    case 'show':
      return simplifiedShow(catalogue, call.view, index)
    case 'episode':
      return simplifiedEpisode(catalogue, call.view, index)
    case 'audiobook':
      return simplifiedAudiobook(catalogue, call.view, index)
    default: {
      const playlist = call.state.playlist(catalogue.id('playlist', index))
      // Playlists that Spotify owns are holes in the list.
      return playlist === undefined || playlist.ownerId === 'spotify' ? null : simplifiedPlaylist(call, playlist)
    }
  }
}

export const searchOperations: readonly Operation[] = [operation('search', 'GET /search', search)]
