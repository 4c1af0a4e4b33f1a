import { genres } from '../catalogue/names.ts'
import { trackObject } from '../catalogue/track.ts'
import { hash, hashText } from '../random.ts'
import { json } from '../response.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { limitOf } from './paging.ts'
import { badRequest } from './refusal.ts'

const maxSeeds = 5

function recommendations(call: ApiCall): Response {
  const { catalogue } = call.state
  const limit = limitOf(call, { max: 100 })
  const seeds = (['artist', 'genre', 'track'] as const).flatMap((type) =>
    (call.query.get(`seed_${type}s`) ?? '')
      .split(',')
      .filter((id) => id !== '')
      .map((id) => ({
        initialPoolSize: 250,
        afterFilteringSize: 250,
        afterRelinkingSize: 250,
        id,
        type: type.toUpperCase(),
        href: type === 'genre' ? null : `${call.view.api}/${type}s/${id}`,
      })),
  )
  if (seeds.length === 0) throw badRequest('At least one seed is required')
  if (seeds.length > maxSeeds) throw badRequest('Too many seeds')
  const salt = hashText(seeds.map(({ id }) => id).join())
  const count = catalogue.count('track')
  const tracks = Array.from({ length: Math.min(limit, count) }, (_, position) => hash(salt, position) % count)
  return json(200, { seeds, tracks: tracks.map((index) => trackObject(catalogue, call.view, index)) })
}

const removed = { availability: 'removed-2024' } as const

export const recommendationOperations: readonly Operation[] = [
  operation('get-recommendations', 'GET /recommendations', recommendations, removed),
  operation(
    'get-recommendation-genres',
    'GET /recommendations/available-genre-seeds',
    () => json(200, { genres }),
    removed,
  ),
]
