import { simplifiedAudiobook } from '../catalogue/audiobook.ts'
import { episodeObject, simplifiedShow } from '../catalogue/show.ts'
import { trackObject } from '../catalogue/track.ts'
import { empty, json } from '../response.ts'
import type { SavedKind } from '../user.ts'
import { albumWithTracks } from './albums.ts'
import { bodyIds, bodyObject, idList } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { page, pageRequest } from './paging.ts'
import { badRequest } from './refusal.ts'
import { resumePoint } from './shows.ts'

/** An ISO 8601 time in whole seconds, as in `added_at`. */
export function wholeSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

const render: Readonly<Record<Exclude<SavedKind, 'artist'>, (call: ApiCall, index: number) => unknown>> = {
  track: (call, index) => trackObject(call.state.catalogue, call.view, index),
  album: albumWithTracks,
  show: (call, index) => simplifiedShow(call.state.catalogue, call.view, index),
  episode: (call, index) => episodeObject(call.state.catalogue, call.view, index, resumePoint(call, index)),
  audiobook: (call, index) => ({
    ...simplifiedAudiobook(call.state.catalogue, call.view, index),
    is_externally_hosted: false,
  }),
}

function list(kind: Exclude<SavedKind, 'artist'>) {
  return (call: ApiCall): Response => {
    const request = pageRequest(call)
    const saved = call.user.saved(kind)
    const items = saved.slice(request.offset, request.limit)
    return json(
      200,
      page(call, request, saved.size, (position) => {
        const item = items[position - request.offset]
        const index = item && call.state.catalogue.index(kind, item.id)
        if (item === undefined || index === undefined) return null
        const object = render[kind](call, index)
        // Saved audiobooks have no wrapper object, contrary to the API description.
        return kind === 'audiobook' ? object : { added_at: wholeSeconds(item.addedAt), [kind]: object }
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

function save(kind: SavedKind, queryMax: number) {
  return (call: ApiCall): Response => {
    for (const { id, addedAt } of writeIds(call, queryMax)) {
      if (call.state.catalogue.index(kind, id) === undefined) throw badRequest('Invalid id')
      call.user.saved(kind).add(id, addedAt)
    }
    return empty(200)
  }
}

function remove(kind: SavedKind, queryMax: number) {
  return (call: ApiCall): Response => {
    for (const { id } of writeIds(call, queryMax)) call.user.saved(kind).remove(id)
    return empty(200)
  }
}

function contains(kind: SavedKind, queryMax: number) {
  return (call: ApiCall): Response =>
    json(
      200,
      idList(call.query.get('ids'), queryMax).map((id) => call.user.saved(kind).has(id)),
    )
}

function savedKindOperations(
  kind: Exclude<SavedKind, 'artist'>,
  operationIds: readonly [string, string, string, string],
): Operation[] {
  const [listName, saveName, removeName, containsName] = operationIds
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
  ...savedKindOperations('album', names('albums')),
  ...savedKindOperations('track', names('tracks')),
  ...savedKindOperations('episode', names('episodes')),
  ...savedKindOperations('show', names('shows')),
  ...savedKindOperations('audiobook', [
    'get-users-saved-audiobooks',
    'save-audiobooks-user',
    'remove-audiobooks-user',
    'check-users-saved-audiobooks',
  ]),
]
