import { simplifiedAlbum } from '../catalogue/album.ts'
import { markets } from '../catalogue/markets.ts'
import { genres } from '../catalogue/names.ts'
import { pictures } from '../catalogue/view.ts'
import { hashText } from '../random.ts'
import { json } from '../response.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { page, pageOf, pageRequest } from './paging.ts'
import { simplifiedPlaylist } from './playlist-object.ts'
import { notFound } from './refusal.ts'

function category(call: ApiCall, id: string): Record<string, unknown> {
  const image = call.state.catalogue.imageId('playlist', hashText(id))
  return {
    href: `${call.view.api}/browse/categories/${id}`,
    icons: pictures(call.view, image, [300]),
    id,
    name: id.replace(/(^|-)./g, (start) => start.replace('-', ' ').toUpperCase()),
  }
}

function categoryParameter(call: ApiCall): string {
  const id = genres.find((known) => known === call.params.category_id)
  if (id === undefined) throw notFound()
  return id
}

function newReleases(call: ApiCall): Response {
  const { catalogue } = call.state
  const count = catalogue.count('album')
  const render = (position: number): unknown => simplifiedAlbum(catalogue, call.view, count - 1 - position)
  return json(200, { albums: page(call, pageRequest(call), Math.min(100, count), render) })
}

function publicPlaylists(call: ApiCall, salt: number): Record<string, unknown> {
  const count = call.state.catalogue.count('playlist')
  const render = (position: number): unknown => {
    const playlist = call.state.playlist(call.state.catalogue.id('playlist', (salt + position) % count))
    return playlist === undefined ? null : simplifiedPlaylist(call, playlist)
  }
  return page(call, pageRequest(call), Math.min(12, count), render)
}

const removed2026 = { availability: 'removed-2026' } as const
const removed2024 = { availability: 'removed-2024' } as const

export const browseOperations: readonly Operation[] = [
  operation('get-new-releases', 'GET /browse/new-releases', newReleases, removed2026),
  operation(
    'get-featured-playlists',
    'GET /browse/featured-playlists',
    (call) => json(200, { message: 'For a rainy day', playlists: publicPlaylists(call, 0) }),
    removed2024,
  ),
  operation(
    'get-categories',
    'GET /browse/categories',
    (call) => json(200, { categories: pageOf(call, pageRequest(call), genres, (id) => category(call, id)) }),
    removed2026,
  ),
  operation(
    'get-a-category',
    'GET /browse/categories/{category_id}',
    (call) => json(200, category(call, categoryParameter(call))),
    removed2026,
  ),
  operation(
    'get-a-categories-playlists',
    'GET /browse/categories/{category_id}/playlists',
    (call) => {
      const id = categoryParameter(call)
      return json(200, { message: String(category(call, id).name), playlists: publicPlaylists(call, hashText(id)) })
    },
    removed2024,
  ),
  operation('get-available-markets', 'GET /markets', () => json(200, { markets }), removed2026),
]
