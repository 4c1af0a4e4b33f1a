import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { Audiobook, SimplifiedChapter } from '../schemas/audiobook.ts'
import { idOf } from '../uri.ts'

/** Audiobooks, in the markets where Spotify offers them. An audiobook is named by id, URI (`spotify:audiobook:` or `spotify:show:`) or link. */
export interface Audiobooks {
  /** One audiobook, with the first page of its chapters. */
  get(id: string, query?: Query<'get-an-audiobook'>, options?: RequestOptions): Promise<Audiobook>
  /**
   * Several audiobooks in the order of `ids`, `null` where there is none; 50 to a request.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `get`.
   */
  getMany(
    ids: readonly string[],
    query?: Omit<Query<'get-multiple-audiobooks'>, 'ids'>,
    options?: RequestOptions,
  ): Promise<(Audiobook | null)[]>
  /** The chapters of an audiobook. */
  chapters(id: string, query?: Query<'get-audiobook-chapters'>, options?: RequestOptions): Paginated<SimplifiedChapter>
}

export function audiobooks(calls: Calls): Audiobooks {
  return {
    get: (id, query, options) => calls.one('get-an-audiobook', 'audiobook', id, query, options),
    getMany: async (ids, query, options) => calls.many('get-multiple-audiobooks', 'audiobook', ids, query, options),
    chapters: (id, query, options) =>
      calls.list('get-audiobook-chapters', { path: { id: idOf('audiobook', id) }, query }, options),
  }
}
