import type { OperationData } from './operation.ts'
import { market } from './page-size.ts'

export const episodeOperations = {
  'get-an-episode': {
    method: 'GET',
    path: '/episodes/{id}',
    query: market,
    response: 'episode',
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
    response: 'episode',
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
