import type { Calls } from '../calls.ts'
import { withoutNulls } from '../chunk.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { SimplifiedAlbum } from '../schemas/album.ts'
import type { Artist } from '../schemas/artist.ts'
import type { Track } from '../schemas/track.ts'
import { idOf } from '../uri.ts'

/** Artists. An artist is named by its id, its `spotify:artist:` URI or its open.spotify.com link. */
export interface Artists {
  /** One artist. */
  get(id: string, options?: RequestOptions): Promise<Artist>
  /**
   * Several artists in the order of `ids`, `null` where there is none; 50 to a request.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `get`.
   */
  getMany(ids: readonly string[], options?: RequestOptions): Promise<(Artist | null)[]>
  /**
   * The albums of an artist. `include_groups` is a comma-separated choice of `album`, `single`, `appears_on` and
   * `compilation`.
   */
  albums(id: string, query?: Query<'get-an-artists-albums'>, options?: RequestOptions): Paginated<SimplifiedAlbum>
  /**
   * The artist's most popular tracks in a market.
   * @deprecated Removed in February 2026 except for applications with extended quota. There is no replacement.
   */
  topTracks(id: string, query?: Query<'get-an-artists-top-tracks'>, options?: RequestOptions): Promise<Track[]>
  /**
   * Artists that are similar to this one.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  relatedArtists(id: string, options?: RequestOptions): Promise<Artist[]>
}

export function artists(calls: Calls): Artists {
  return {
    get: (id, options) => calls.one('get-an-artist', 'artist', id, undefined, options),
    getMany: async (ids, options) => calls.many('get-multiple-artists', 'artist', ids, undefined, options),
    albums: (id, query, options) =>
      calls.list('get-an-artists-albums', { path: { id: idOf('artist', id) }, query }, options),
    topTracks: async (id, query, options) =>
      withoutNulls((await calls.one('get-an-artists-top-tracks', 'artist', id, query, options)).tracks),
    relatedArtists: async (id, options) =>
      withoutNulls((await calls.one('get-an-artists-related-artists', 'artist', id, undefined, options)).artists),
  }
}
