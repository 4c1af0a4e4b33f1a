import { albumName, simplifiedAlbum } from '../catalogue/album.ts'
import { artistObject } from '../catalogue/artist.ts'
import { audiobookName, simplifiedAudiobook } from '../catalogue/audiobook.ts'
import type { CatalogueKind } from '../catalogue/catalogue.ts'
import { artistName, showName } from '../catalogue/names.ts'
import { episodeName, simplifiedEpisode, simplifiedShow } from '../catalogue/show.ts'
import { trackName, trackObject } from '../catalogue/track.ts'
import { hash, hashText } from '../random.ts'
import { json } from '../response.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { otherParameters, page, pageRequest } from './paging.ts'
import { simplifiedPlaylist } from './playlist-object.ts'
import { badRequest } from './refusal.ts'

const types = ['album', 'artist', 'playlist', 'track', 'show', 'episode', 'audiobook'] as const

/** The largest `offset + limit`, and so the largest `total`. */
const maxResults = 1000

/** Number of names of each kind that are compared. Enough for every default, and fast for any size. */
const maxNames = 5000

function search(call: ApiCall): Response {
  const query = (call.query.get('q') ?? '').trim()
  if (query === '') throw badRequest('No search query')
  const requested = (call.query.get('type') ?? '').split(',').filter((type) => type !== '')
  if (requested.length === 0) throw badRequest('Missing parameter type')
  const strict = call.rules.february2026
  const request = pageRequest(call, strict ? { fallback: 5, max: 10 } : {})
  if (request.limit + request.offset > maxResults) throw badRequest('Limit + Offset exceeds maximum of 1000')
  const pages = requested.map((type) => {
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
  const count = catalogue.count(kind)
  const words = query.toLowerCase().split(/\s+/)
  const hits: number[] = []
  for (let index = 0; index < Math.min(count, maxNames) && hits.length < maxResults; index++) {
    const name = nameOf(call, kind, index).toLowerCase()
    if (words.every((word) => name.includes(word))) hits.push(index)
  }
  // Spotify returns results for any query: matching names first, then others, which are stable for a query.
  const salt = hashText(query.toLowerCase())
  const others = hash(salt, hashText(kind)) % 40
  const total = Math.min(count, maxResults, hits.length + others + 1)
  const start = hash(salt, catalogue.seed) % Math.max(1, count)
  const hit = new Set(hits)
  const rest: number[] = []
  for (let step = 0; rest.length < total - hits.length && step < count; step++) {
    const index = (start + step) % count
    if (!hit.has(index)) rest.push(index)
  }
  const found = [...hits, ...rest]
  const parameters = Object.fromEntries(otherParameters(call.query))
  const address = { query: { ...parameters, type: kind } }
  return page(call, request, found.length, (position) => result(call, kind, found[position] ?? 0), address)
}

function nameOf(call: ApiCall, kind: CatalogueKind, index: number): string {
  const { catalogue } = call.state
  switch (kind) {
    case 'track':
      return trackName(catalogue, index)
    case 'album':
      return albumName(catalogue, index)
    case 'artist':
      return artistName(catalogue.seed, index)
    case 'show':
      return showName(catalogue.seed, index)
    case 'episode':
      return episodeName(catalogue, index)
    case 'audiobook':
      return audiobookName(catalogue, index)
    default:
      return call.state.playlist(catalogue.id('playlist', index))?.name ?? ''
  }
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
      // Playlists that Spotify owns are null.
      const hidden = playlist?.ownerId === 'spotify' && call.rules.november2024
      return playlist === undefined || hidden ? null : simplifiedPlaylist(call, playlist)
    }
  }
}

export const searchOperations: readonly Operation[] = [operation('search', 'GET /search', search)]
