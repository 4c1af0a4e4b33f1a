import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Episode } from '../schemas/show.ts'

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
