import type { OperationData } from './operation.ts'
import { market } from './page-size.ts'

export const trackOperations = {
  'get-track': {
    method: 'GET',
    path: '/tracks/{id}',
    query: market,
    response: 'track',
    availability: 'current',
    idempotent: true,
    by: ['tracks.get'],
  },
  'get-several-tracks': {
    method: 'GET',
    path: '/tracks',
    query: { ids: 'strings', ...market },
    response: 'track',
    many: 'tracks',
    batch: { of: 'ids', in: 'query', size: 50 },
    availability: 'removed-2026-02',
    replacement: 'tracks.get',
    idempotent: true,
    by: ['tracks.getMany'],
  },
  'get-audio-features': {
    method: 'GET',
    path: '/audio-features/{id}',
    response: 'audioFeatures',
    availability: 'removed-2024-11',
    idempotent: true,
    by: ['tracks.audioFeatures'],
  },
  'get-several-audio-features': {
    method: 'GET',
    path: '/audio-features',
    query: { ids: 'strings' },
    response: 'audioFeatures',
    many: 'audio_features',
    batch: { of: 'ids', in: 'query', size: 100 },
    availability: 'removed-2024-11',
    idempotent: true,
    by: ['tracks.audioFeatures'],
  },
  'get-audio-analysis': {
    method: 'GET',
    path: '/audio-analysis/{id}',
    response: 'audioAnalysis',
    availability: 'removed-2024-11',
    idempotent: true,
    by: ['tracks.audioAnalysis'],
  },
} as const satisfies Record<string, OperationData>
