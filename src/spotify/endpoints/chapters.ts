import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Chapter } from '../schemas/audiobook.ts'

/** Chapters of audiobooks. A chapter is named by id, URI (`spotify:chapter:` or `spotify:episode:`) or link. */
export interface Chapters {
  /** One chapter, with its audiobook. */
  get(id: string, query?: Query<'get-a-chapter'>, options?: RequestOptions): Promise<Chapter>
  /**
   * Several chapters in the order of `ids`, `null` where there is none; 50 to a request.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `get`.
   */
  getMany(
    ids: readonly string[],
    query?: Omit<Query<'get-several-chapters'>, 'ids'>,
    options?: RequestOptions,
  ): Promise<(Chapter | null)[]>
}

export function chapters(calls: Calls): Chapters {
  return {
    get: (id, query, options) => calls.one('get-a-chapter', 'chapter', id, query, options),
    getMany: async (ids, query, options) => calls.many('get-several-chapters', 'chapter', ids, query, options),
  }
}
