import type { OperationData } from './operation.ts'
import { market, paging, standardPage } from './page-size.ts'

export const audiobookOperations = {
  'get-an-audiobook': {
    method: 'GET',
    path: '/audiobooks/{id}',
    query: market,
    response: 'audiobook',
    availability: 'current',
    idempotent: true,
    by: ['audiobooks.get'],
  },
  'get-multiple-audiobooks': {
    method: 'GET',
    path: '/audiobooks',
    query: { ids: 'strings', ...market },
    response: 'audiobook',
    many: 'audiobooks',
    batch: { of: 'ids', in: 'query', size: 50 },
    availability: 'removed-2026-02',
    replacement: 'audiobooks.get',
    idempotent: true,
    by: ['audiobooks.getMany'],
  },
  'get-audiobook-chapters': {
    method: 'GET',
    path: '/audiobooks/{id}/chapters',
    query: { ...market, ...paging },
    response: 'simplifiedChapter',
    paging: 'offset',
    page: standardPage,
    availability: 'current',
    idempotent: true,
    by: ['audiobooks.chapters'],
  },
} as const satisfies Record<string, OperationData>
