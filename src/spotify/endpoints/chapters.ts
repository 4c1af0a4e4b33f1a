import type { Calls } from '../calls.ts'
import type { OperationData } from '../operation.ts'
import type { Query } from '../operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Chapter } from '../schemas/audiobook.ts'
import { market } from './page-size.ts'

export const chapterOperations = {
  'get-a-chapter': {
    method: 'GET',
    path: '/chapters/{id}',
    query: market,
    answer: 'chapter',
    availability: 'current',
    idempotent: true,
    by: ['chapters.get'],
  },
  'get-several-chapters': {
    method: 'GET',
    path: '/chapters',
    query: { ids: 'strings', ...market },
    answer: 'chapter',
    many: 'chapters',
    batch: { of: 'ids', in: 'query', size: 50 },
    availability: 'removed-2026-02',
    replacement: 'chapters.get',
    idempotent: true,
    by: ['chapters.getMany'],
  },
} as const satisfies Record<string, OperationData>

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
