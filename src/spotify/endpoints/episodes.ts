import type { Calls } from '../calls.ts'
import type { OperationData } from '../operation.ts'
import type { Query } from '../operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Episode } from '../schemas/show.ts'
import { market } from './page-size.ts'

export const episodeOperations = {
  'get-an-episode': {
    method: 'GET',
    path: '/episodes/{id}',
    query: market,
    answer: 'episode',
    scopes: ['user-read-playback-position'],
    required: [],
    availability: 'current',
    idempotent: true,
    by: ['episodes.get'],
  },
  'get-multiple-episodes': {
    method: 'GET',
    path: '/episodes',
    query: { ids: 'strings', ...market },
    answer: 'episode',
    many: 'episodes',
    scopes: ['user-read-playback-position'],
    required: [],
    batch: { of: 'ids', in: 'query', size: 50 },
    availability: 'removed-2026-02',
    replacement: 'episodes.get',
    idempotent: true,
    by: ['episodes.getMany'],
  },
} as const satisfies Record<string, OperationData>

/** Episodes of shows. An episode is named by its id, its `spotify:episode:` URI or its open.spotify.com link. */
export interface Episodes {
  /** One episode, with its show; with `user-read-playback-position` also how far the user listened. */
  get(id: string, query?: Query<'get-an-episode'>, options?: RequestOptions): Promise<Episode>
  /**
   * Several episodes in the order of `ids`, `null` where there is none; 50 to a request.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `get`.
   */
  getMany(
    ids: readonly string[],
    query?: Omit<Query<'get-multiple-episodes'>, 'ids'>,
    options?: RequestOptions,
  ): Promise<(Episode | null)[]>
}

export function episodes(calls: Calls): Episodes {
  return {
    get: (id, query, options) => calls.one('get-an-episode', 'episode', id, query, options),
    getMany: async (ids, query, options) => calls.many('get-multiple-episodes', 'episode', ids, query, options),
  }
}
