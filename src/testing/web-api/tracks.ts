import { trackObject } from '../catalogue/track.ts'
import { json } from '../response.ts'
import { indexOf, renderMany } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'

function getTrack(call: ApiCall): Response {
  const { catalogue } = call.state
  const id = call.params.id ?? ''
  const relinkedIndex = catalogue.index('relinked', id)
  if (relinkedIndex !== undefined) return json(200, trackObject(catalogue, call.view, relinkedIndex, id))
  return json(200, trackObject(catalogue, call.view, indexOf(call, 'track', id)))
}

export const trackOperations: readonly Operation[] = [
  operation('get-track', 'GET /tracks/{id}', getTrack),
  operation(
    'get-several-tracks',
    'GET /tracks',
    (call) =>
      json(200, {
        tracks: renderMany(call, 'track', 50, (index) => trackObject(call.state.catalogue, call.view, index)),
      }),
    { availability: 'removed-2026' },
  ),
]
