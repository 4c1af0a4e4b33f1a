import type { OperationData } from './operation.ts'
import { market } from './page-size.ts'

export const chapterOperations = {
  'get-a-chapter': {
    method: 'GET',
    path: '/chapters/{id}',
    query: market,
    response: 'chapter',
    availability: 'current',
    idempotent: true,
    by: ['chapters.get'],
  },
  'get-several-chapters': {
    method: 'GET',
    path: '/chapters',
    query: { ids: 'strings', ...market },
    response: 'chapter',
    many: 'chapters',
    batch: { of: 'ids', in: 'query', size: 50 },
    availability: 'removed-2026-02',
    replacement: 'chapters.get',
    idempotent: true,
    by: ['chapters.getMany'],
  },
} as const satisfies Record<string, OperationData>
