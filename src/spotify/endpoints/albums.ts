import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { Album } from '../schemas/album.ts'
import type { SimplifiedTrack } from '../schemas/simplified-track.ts'
import { idOf } from '../uri.ts'

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
