import { empty, json } from '../answer.ts'
import { simplifiedAudiobook } from '../catalogue/audiobook.ts'
import { episodeObject, simplifiedShow } from '../catalogue/show.ts'
import { trackObject } from '../catalogue/track.ts'
import type { ShelfKind } from '../user.ts'
import { albumWithTracks } from './albums.ts'
import { bodyIds, bodyObject, idList } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { page, pageRequest } from './paging.ts'
import { badRequest } from './refusal.ts'
import { resumePoint } from './shows.ts'

/** What can be saved by URI. */
export const savedKinds: readonly ShelfKind[] = ['track', 'album', 'artist', 'show', 'episode', 'audiobook']

/** `added_at` has whole seconds. */
export function seconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

const render: Readonly<Record<Exclude<ShelfKind, 'artist'>, (call: ApiCall, index: number) => unknown>> = {
  track: (call, index) => trackObject(call.state.catalogue, call.view, index),
  album: albumWithTracks,
  show: (call, index) => simplifiedShow(call.state.catalogue, call.view, index),
  episode: (call, index) => episodeObject(call.state.catalogue, call.view, index, resumePoint(call, index)),
  audiobook: (call, index) => ({
    ...simplifiedAudiobook(call.state.catalogue, call.view, index),
    is_externally_hosted: false,
  }),
}

function list(kind: Exclude<ShelfKind, 'artist'>) {
  return (call: ApiCall): Response => {
    const request = pageRequest(call)
    const shelf = call.user.saved(kind)
    const rows = shelf.slice(request.offset, request.limit)
    return json(
      200,
      page(call, request, shelf.size, (position) => {
        const row = rows[position - request.offset]
        const index = row && call.state.catalogue.index(kind, row.id)
        if (row === undefined || index === undefined) return null
        const thing = render[kind](call, index)
        // Saved audiobooks come without the wrapper that the description promises.
        return kind === 'audiobook' ? thing : { added_at: seconds(row.addedAt), [kind]: thing }
      }),
    )
  }
}

/** The ids of a write: in the query, or in a body `{ ids }` or, for tracks, `{ timestamped_ids }`. */
function writeIds(call: ApiCall, queryMax: number): readonly { id: string; addedAt: number }[] {
  const now = call.state.clock.now()
  const query = call.query.get('ids')
  if (query !== null) return idList(query, queryMax).map((id) => ({ id, addedAt: now }))
  const timestamped = call.body.includes('timestamped_ids') ? bodyObject(call).timestamped_ids : undefined
  if (Array.isArray(timestamped)) {
    return timestamped.map((item: { id?: unknown; added_at?: unknown } | null) => {
      const addedAt = Date.parse(String(item?.added_at))
      if (typeof item?.id !== 'string' || Number.isNaN(addedAt))
        throw badRequest('Invalid value for field: timestamped_ids')
      return { id: item.id, addedAt }
    })
  }
  return idList(bodyIds(call).join(','), 50).map((id) => ({ id, addedAt: now }))
}

function save(kind: ShelfKind, queryMax: number) {
  return (call: ApiCall): Response => {
    for (const { id, addedAt } of writeIds(call, queryMax)) {
      if (call.state.catalogue.index(kind, id) === undefined) throw badRequest('Invalid id')
      call.user.saved(kind).add(id, addedAt)
    }
    return empty(200)
  }
}

function remove(kind: ShelfKind, queryMax: number) {
  return (call: ApiCall): Response => {
    for (const { id } of writeIds(call, queryMax)) call.user.saved(kind).remove(id)
    return empty(200)
  }
}

function contains(kind: ShelfKind, queryMax: number) {
  return (call: ApiCall): Response =>
    json(
      200,
      idList(call.query.get('ids'), queryMax).map((id) => call.user.saved(kind).has(id)),
    )
}

function family(kind: Exclude<ShelfKind, 'artist'>, names: readonly [string, string, string, string]): Operation[] {
  const [listName, saveName, removeName, containsName] = names
  const path = `/me/${kind}s`
  const max = kind === 'album' ? 20 : 50
  const read = { scopes: ['user-library-read'] }
  const write = { availability: 'removed-2026', scopes: ['user-library-modify'] } as const
  return [
    operation(listName, `GET ${path}`, list(kind), read),
    operation(saveName, `PUT ${path}`, save(kind, max), write),
    operation(removeName, `DELETE ${path}`, remove(kind, max), write),
    operation(containsName, `GET ${path}/contains`, contains(kind, max), { ...read, availability: 'removed-2026' }),
  ]
}

function names(plural: string): readonly [string, string, string, string] {
  return [`get-users-saved-${plural}`, `save-${plural}-user`, `remove-${plural}-user`, `check-users-saved-${plural}`]
}

export const savedOperations: readonly Operation[] = [
  ...family('album', names('albums')),
  ...family('track', names('tracks')),
  ...family('episode', names('episodes')),
  ...family('show', names('shows')),
  ...family('audiobook', [
    'get-users-saved-audiobooks',
    'save-audiobooks-user',
    'remove-audiobooks-user',
    'check-users-saved-audiobooks',
  ]),
]
