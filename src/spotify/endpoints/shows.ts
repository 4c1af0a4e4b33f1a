import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { Show, SimplifiedEpisode, SimplifiedShow } from '../schemas/show.ts'
import { idOf } from '../uri.ts'

/** Shows (podcasts). A show is named by its id, its `spotify:show:` URI or its open.spotify.com link. */
export interface Shows {
  /** One show, with the first page of its episodes. */
  get(id: string, query?: Query<'get-a-show'>, options?: RequestOptions): Promise<Show>
  /**
   * Several shows in the order of `ids`, `null` where there is none; 50 to a request.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `get`.
   */
  getMany(
    ids: readonly string[],
    query?: Omit<Query<'get-multiple-shows'>, 'ids'>,
    options?: RequestOptions,
  ): Promise<(SimplifiedShow | null)[]>
  /** The episodes of a show, newest first. */
  episodes(id: string, query?: Query<'get-a-shows-episodes'>, options?: RequestOptions): Paginated<SimplifiedEpisode>
}

export function shows(calls: Calls): Shows {
  return {
    get: (id, query, options) => calls.one('get-a-show', 'show', id, query, options),
    getMany: async (ids, query, options) => calls.many('get-multiple-shows', 'show', ids, query, options),
    episodes: (id, query, options) =>
      calls.list('get-a-shows-episodes', { path: { id: idOf('show', id) }, query }, options),
  }
}
