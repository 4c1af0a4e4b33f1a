import type { OperationData } from './operation.ts'
import { paging, standardPage } from './page-size.ts'

export const meOperations = {
  'get-current-users-profile': {
    method: 'GET',
    path: '/me',
    response: 'privateUser',
    scopes: ['user-read-private', 'user-read-email'],
    required: [],
    availability: 'current',
    idempotent: true,
    by: ['me.get'],
  },
  'get-users-top-artists': {
    method: 'GET',
    path: '/me/top/artists',
    query: { time_range: 'string?', ...paging },
    response: 'artist',
    paging: 'offset',
    scopes: ['user-top-read'],
    page: standardPage,
    availability: 'current',
    idempotent: true,
    by: ['me.topArtists'],
  },
  'get-users-top-tracks': {
    method: 'GET',
    path: '/me/top/tracks',
    query: { time_range: 'string?', ...paging },
    response: 'track',
    paging: 'offset',
    scopes: ['user-top-read'],
    page: standardPage,
    availability: 'current',
    idempotent: true,
    by: ['me.topTracks'],
  },
} as const satisfies Record<string, OperationData>
