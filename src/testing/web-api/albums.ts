import { albumObject } from '../catalogue/album.ts'
import { albumTrack } from '../catalogue/track.ts'
import { json } from '../response.ts'
import { indexOf, renderMany } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { page, pageRequest } from './paging.ts'

function tracksPage(call: ApiCall, index: number, path: string, request = { limit: 50, offset: 0 }) {
  const { catalogue } = call.state
  const album = catalogue.album(index)
  const render = (position: number): unknown => albumTrack(catalogue, call.view, album.first + position)
  return page(call, request, album.count, render, path === call.path ? {} : { path, query: {} })
}

/** An album with its first page of tracks. */
export function albumWithTracks(call: ApiCall, index: number): Record<string, unknown> {
  const { catalogue } = call.state
  const path = `/albums/${catalogue.id('album', index)}/tracks`
  return { ...albumObject(catalogue, call.view, index), tracks: tracksPage(call, index, path) }
}

export const albumOperations: readonly Operation[] = [
  operation('get-an-album', 'GET /albums/{id}', (call) =>
    json(200, albumWithTracks(call, indexOf(call, 'album', call.params.id))),
  ),
  operation(
    'get-multiple-albums',
    'GET /albums',
    (call) => json(200, { albums: renderMany(call, 'album', 20, (index) => albumWithTracks(call, index)) }),
    { availability: 'removed-2026' },
  ),
  operation('get-an-albums-tracks', 'GET /albums/{id}/tracks', (call) =>
    json(200, tracksPage(call, indexOf(call, 'album', call.params.id), call.path, pageRequest(call))),
  ),
]
