import type { OperationData } from './operation.ts'
import { market, paging, reducedPage } from './page-size.ts'

export const searchOperations = {
  search: {
    method: 'GET',
    path: '/search',
    query: { q: 'string', type: 'strings', ...market, ...paging, include_external: 'string?' },
    response: 'search',
    page: reducedPage,
    availability: 'current',
    idempotent: true,
    by: ['search'],
  },
} as const satisfies Record<string, OperationData>
