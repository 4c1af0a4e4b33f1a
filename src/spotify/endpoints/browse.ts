import type { Calls } from '../calls.ts'
import { withoutNulls } from '../chunk.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { SimplifiedAlbum } from '../schemas/album.ts'
import type { Category, Recommendations } from '../schemas/browse.ts'
import type { SimplifiedPlaylist } from '../schemas/playlist.ts'

/** Featured content. None of it is available to new applications. */
export interface Browse {
  /**
   * New albums.
   * @deprecated Removed in February 2026 except for applications with extended quota. There is no replacement.
   */
  newReleases(query?: Query<'get-new-releases'>, options?: RequestOptions): Paginated<SimplifiedAlbum>
  /**
   * Playlists that Spotify features.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  featuredPlaylists(
    query?: Query<'get-featured-playlists'>,
    options?: RequestOptions,
  ): Paginated<SimplifiedPlaylist, SimplifiedPlaylist | null>
  /**
   * Categories of playlists.
   * @deprecated Removed in February 2026 except for applications with extended quota. There is no replacement.
   */
  categories(query?: Query<'get-categories'>, options?: RequestOptions): Paginated<Category>
  /**
   * One category.
   * @deprecated Removed in February 2026 except for applications with extended quota. There is no replacement.
   */
  category(id: string, query?: Query<'get-a-category'>, options?: RequestOptions): Promise<Category>
  /**
   * The playlists of a category.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  categoryPlaylists(
    id: string,
    query?: Query<'get-a-categories-playlists'>,
    options?: RequestOptions,
  ): Paginated<SimplifiedPlaylist, SimplifiedPlaylist | null>
  /**
   * Tracks that are similar to up to five seeds.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  recommendations(query?: Query<'get-recommendations'>, options?: RequestOptions): Promise<Recommendations>
  /**
   * The genres that `recommendations` accepts.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  genreSeeds(options?: RequestOptions): Promise<string[]>
  /**
   * The markets in which Spotify is available.
   * @deprecated Removed in February 2026 except for applications with extended quota. There is no replacement.
   */
  markets(options?: RequestOptions): Promise<string[]>
}

export function browse(calls: Calls): Browse {
  return {
    newReleases: (query, options) => calls.list('get-new-releases', { query }, options),
    featuredPlaylists: (query, options) => calls.list('get-featured-playlists', { query }, options),
    categories: (query, options) => calls.list('get-categories', { query }, options),
    category: async (id, query, options) => calls.send('get-a-category', { path: { category_id: id }, query }, options),
    categoryPlaylists: (id, query, options) =>
      calls.list('get-a-categories-playlists', { path: { category_id: id }, query }, options),
    recommendations: (query, options) => calls.send('get-recommendations', { query }, options),
    genreSeeds: async (options) => withoutNulls((await calls.send('get-recommendation-genres', {}, options)).genres),
    markets: async (options) => withoutNulls((await calls.send('get-available-markets', {}, options)).markets),
  }
}
