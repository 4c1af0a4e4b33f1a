import type { OperationData } from './operation.ts'
import { market, paging, standardPage } from './page-size.ts'

export const showOperations = {
  'get-a-show': {
    method: 'GET',
    path: '/shows/{id}',
    query: market,
    response: 'show',
    scopes: ['user-read-playback-position'],
    required: [],
    availability: 'current',
    idempotent: true,
    by: ['shows.get'],
  },
  'get-multiple-shows': {
    method: 'GET',
    path: '/shows',
    query: { ids: 'strings', ...market },
    response: 'simplifiedShow',
    many: 'shows',
    batch: { of: 'ids', in: 'query', size: 50 },
    availability: 'removed-2026-02',
    replacement: 'shows.get',
    idempotent: true,
    by: ['shows.getMany'],
  },
  'get-a-shows-episodes': {
    method: 'GET',
    path: '/shows/{id}/episodes',
    query: { ...market, ...paging },
    response: 'simplifiedEpisode',
    paging: 'offset',
    scopes: ['user-read-playback-position'],
    required: [],
    page: standardPage,
    availability: 'current',
    idempotent: true,
    by: ['shows.episodes'],
  },
} as const satisfies Record<string, OperationData>
