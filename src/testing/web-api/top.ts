import { artistObject } from '../catalogue/artist.ts'
import { trackObject } from '../catalogue/track.ts'
import { hash, hashText } from '../random.ts'
import { json } from '../response.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { page, pageRequest } from './paging.ts'
import { badRequest } from './refusal.ts'

const ranges = ['short_term', 'medium_term', 'long_term']

function top(kind: 'artist' | 'track') {
  return (call: ApiCall): Response => {
    const { catalogue } = call.state
    const range = call.query.get('time_range') ?? 'medium_term'
    if (!ranges.includes(range)) throw badRequest('Invalid time range')
    const count = catalogue.count(kind)
    const start = hash(hashText(call.user.id), hashText(range)) % Math.max(1, count)
    const render = kind === 'artist' ? artistObject : trackObject
    const total = Math.min(count, kind === 'artist' ? 50 : 80)
    return json(
      200,
      page(call, pageRequest(call), total, (position) => render(catalogue, call.view, (start + position) % count)),
    )
  }
}

const scopes = ['user-top-read']

export const topOperations: readonly Operation[] = [
  operation('get-users-top-artists', 'GET /me/top/artists', top('artist'), { scopes }),
  operation('get-users-top-tracks', 'GET /me/top/tracks', top('track'), { scopes }),
]
