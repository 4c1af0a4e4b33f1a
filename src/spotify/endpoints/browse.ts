import type { Calls } from '../calls.ts'
import { present } from '../chunk.ts'
import type { OperationData } from '../operation.ts'
import type { Query } from '../operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { SimplifiedAlbum } from '../schemas/album.ts'
import type { Category, Recommendations } from '../schemas/browse.ts'
import type { SimplifiedPlaylist } from '../schemas/playlist.ts'
import { fifty, market, paging } from './page-size.ts'
import { type Tunables, tunables } from './tunables.ts'

export const browseOperations = {
  'get-new-releases': {
    method: 'GET',
    path: '/browse/new-releases',
    query: paging,
    answer: 'simplifiedAlbum',
    paging: 'offset',
    within: 'albums',
    page: fifty,
    availability: 'removed-2026-02',
    idempotent: true,
    by: ['browse.newReleases'],
  },
  'get-featured-playlists': {
    method: 'GET',
    path: '/browse/featured-playlists',
    query: { locale: 'string?', ...paging },
    answer: 'simplifiedPlaylist',
    paging: 'offset',
    within: 'playlists',
    page: fifty,
    availability: 'removed-2024-11',
    idempotent: true,
    by: ['browse.featuredPlaylists'],
  },
  'get-categories': {
    method: 'GET',
    path: '/browse/categories',
    query: { locale: 'string?', ...paging },
    answer: 'category',
    paging: 'offset',
    within: 'categories',
    page: fifty,
    availability: 'removed-2026-02',
    idempotent: true,
    by: ['browse.categories'],
  },
  'get-a-category': {
    method: 'GET',
    path: '/browse/categories/{category_id}',
    query: { locale: 'string?' },
    answer: 'category',
    availability: 'removed-2026-02',
    idempotent: true,
    by: ['browse.category'],
  },
  'get-a-categories-playlists': {
    method: 'GET',
    path: '/browse/categories/{category_id}/playlists',
    query: paging,
    answer: 'simplifiedPlaylist',
    paging: 'offset',
    within: 'playlists',
    page: fifty,
    availability: 'removed-2024-11',
    idempotent: true,
    by: ['browse.categoryPlaylists'],
  },
  'get-recommendations': {
    method: 'GET',
    path: '/recommendations',
    query: {
      limit: 'integer?',
      ...market,
      seed_artists: 'strings?',
      seed_genres: 'strings?',
      seed_tracks: 'strings?',
      ...(tunables as Tunables),
    },
    answer: 'recommendations',
    page: { development: 100, extended: 100, default: 20 },
    availability: 'removed-2024-11',
    idempotent: true,
    by: ['browse.recommendations'],
  },
  'get-recommendation-genres': {
    method: 'GET',
    path: '/recommendations/available-genre-seeds',
    answer: 'text',
    many: 'genres',
    availability: 'removed-2024-11',
    idempotent: true,
    by: ['browse.genreSeeds'],
  },
  'get-available-markets': {
    method: 'GET',
    path: '/markets',
    answer: 'text',
    many: 'markets',
    availability: 'removed-2026-02',
    idempotent: true,
    by: ['browse.markets'],
  },
} as const satisfies Record<string, OperationData>

/** What Spotify puts forward. All of it is gone for new applications. */
export interface Browse {
  /**
   * New albums.
   * @deprecated Removed in February 2026 except for applications with extended quota. There is no replacement.
   */
  newReleases(query?: Query<'get-new-releases'>, options?: RequestOptions): Paginated<SimplifiedAlbum>
  /**
   * Playlists that Spotify puts forward.
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
   * Tracks like up to five seeds.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  recommendations(query?: Query<'get-recommendations'>, options?: RequestOptions): Promise<Recommendations>
  /**
   * The genres that `recommendations` takes.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  genreSeeds(options?: RequestOptions): Promise<string[]>
  /**
   * The markets Spotify is in.
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
    genreSeeds: async (options) => present((await calls.send('get-recommendation-genres', {}, options)).genres),
    markets: async (options) => present((await calls.send('get-available-markets', {}, options)).markets),
  }
}
