import type { Calls } from '../calls.ts'
import type { OperationData } from '../operation.ts'
import type { Query } from '../operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { Album } from '../schemas/album.ts'
import type { SimplifiedTrack } from '../schemas/simplified-track.ts'
import { idOf } from '../uri.ts'
import { fifty, market, paging } from './page-size.ts'

export const albumOperations = {
  'get-an-album': {
    method: 'GET',
    path: '/albums/{id}',
    query: market,
    answer: 'album',
    availability: 'current',
    idempotent: true,
    by: ['albums.get'],
  },
  'get-multiple-albums': {
    method: 'GET',
    path: '/albums',
    query: { ids: 'strings', ...market },
    answer: 'album',
    many: 'albums',
    batch: { of: 'ids', in: 'query', size: 20 },
    availability: 'removed-2026-02',
    replacement: 'albums.get',
    idempotent: true,
    by: ['albums.getMany'],
  },
  'get-an-albums-tracks': {
    method: 'GET',
    path: '/albums/{id}/tracks',
    query: { ...market, ...paging },
    answer: 'simplifiedTrack',
    paging: 'offset',
    page: fifty,
    availability: 'current',
    idempotent: true,
    by: ['albums.tracks'],
  },
} as const satisfies Record<string, OperationData>

/** Albums. An album is named by its id, its `spotify:album:` URI or its open.spotify.com link. */
export interface Albums {
  /** One album, with the first page of its tracks. */
  get(id: string, query?: Query<'get-an-album'>, options?: RequestOptions): Promise<Album>
  /**
   * Several albums in the order of `ids`, `null` where there is none; 20 to a request.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `get`.
   */
  getMany(
    ids: readonly string[],
    query?: Omit<Query<'get-multiple-albums'>, 'ids'>,
    options?: RequestOptions,
  ): Promise<(Album | null)[]>
  /** The tracks of an album. */
  tracks(id: string, query?: Query<'get-an-albums-tracks'>, options?: RequestOptions): Paginated<SimplifiedTrack>
}

export function albums(calls: Calls): Albums {
  return {
    get: (id, query, options) => calls.one('get-an-album', 'album', id, query, options),
    getMany: async (ids, query, options) => calls.many('get-multiple-albums', 'album', ids, query, options),
    tracks: (id, query, options) =>
      calls.list('get-an-albums-tracks', { path: { id: idOf('album', id) }, query }, options),
  }
}
