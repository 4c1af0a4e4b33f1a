import type { OperationData } from './operation.ts'
import { market, paging, standardPage } from './page-size.ts'

export const albumOperations = {
  'get-an-album': {
    method: 'GET',
    path: '/albums/{id}',
    query: market,
    response: 'album',
    availability: 'current',
    idempotent: true,
    by: ['albums.get'],
  },
  'get-multiple-albums': {
    method: 'GET',
    path: '/albums',
    query: { ids: 'strings', ...market },
    response: 'album',
    many: 'albums',
    batch: { of: 'ids', in: 'query', size: 20 },
    availability: 'removed-2026-02',
    replacement: 'albums.get',
    idempotent: true,
    by: ['albums.getMany'],
  },
  'get-an-albums-tracks': {
    method: 'GET',
    path: '/albums/{id}/tracks',
    query: { ...market, ...paging },
    response: 'simplifiedTrack',
    paging: 'offset',
    page: standardPage,
    availability: 'current',
    idempotent: true,
    by: ['albums.tracks'],
  },
} as const satisfies Record<string, OperationData>
