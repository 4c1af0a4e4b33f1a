import { empty, json } from '../response.ts'
import { type SavedKind, savedKinds } from '../user.ts'
import { followPlaylist, unfollowPlaylist } from './follow-playlist.ts'
import { parseUri } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { badRequest, Refusal } from './refusal.ts'

const maxUris = 40

type Verb = 'save' | 'remove' | 'contains'

/** One item in the library. */
interface Entry {
  readonly kind: SavedKind | 'user' | 'playlist'
  readonly id: string
}

function entries(call: ApiCall): readonly Entry[] {
  const text = call.query.get('uris')
  if (text === null) throw badRequest('Missing required field: uris')
  const uris = text.split(',').filter((uri) => uri !== '')
  if (uris.length === 0) throw badRequest('No uris provided')
  // With this many URIs the URL is too long for Spotify's edge servers.
  if (uris.length >= 100) throw new Refusal(414, 'URI Too Long')
  if (uris.length > maxUris) throw badRequest('Too many uris requested')
  return uris.map((uri) => {
    const { type, id } = parseUri(uri)
    // The URI of an audiobook has the type `show`.
    if (type === 'show' && call.state.catalogue.index('audiobook', id) !== undefined) return { kind: 'audiobook', id }
    if (type === 'user' || type === 'playlist') return { kind: type, id }
    const kind = savedKinds.find((known) => known === type)
    if (kind === undefined) throw badRequest('Invalid Spotify URI')
    return { kind, id }
  })
}

/** The scopes for a kind of item; one of them is enough. */
function scopesFor(kind: Entry['kind'], verb: Verb): readonly string[] {
  const write = verb !== 'contains'
  if (kind === 'playlist')
    return write ? ['playlist-modify-public', 'playlist-modify-private'] : ['playlist-read-private']
  const area = kind === 'artist' || kind === 'user' ? 'user-follow' : 'user-library'
  return [`${area}-${write ? 'modify' : 'read'}`]
}

function permittedEntries(call: ApiCall, verb: Verb): readonly Entry[] {
  const all = entries(call)
  for (const { kind } of all) {
    if (!scopesFor(kind, verb).some((scope) => call.scopes.includes(scope)))
      throw new Refusal(403, 'Insufficient client scope')
  }
  return all
}

function save(call: ApiCall): Response {
  const { user, state } = call
  const now = state.clock.now()
  for (const { kind, id } of permittedEntries(call, 'save')) {
    if (kind === 'user') user.follows.add(id)
    else if (kind === 'playlist') followPlaylist(call, id)
    // Saving something that does not exist also returns 200.
    else if (state.catalogue.index(kind, id) !== undefined) user.saved(kind).add(id, now)
  }
  return empty(200)
}

function remove(call: ApiCall): Response {
  const { user } = call
  for (const { kind, id } of permittedEntries(call, 'remove')) {
    if (kind === 'user') user.follows.delete(id)
    else if (kind === 'playlist') unfollowPlaylist(call, id)
    else user.saved(kind).remove(id)
  }
  return empty(200)
}

function contains(call: ApiCall): Response {
  const { user, state } = call
  return json(
    200,
    permittedEntries(call, 'contains').map(({ kind, id }) => {
      if (kind === 'user') return user.follows.has(id)
      // Observed: a query for an audiobook that is not available fails.
      if (kind === 'audiobook' && state.catalogue.index(kind, id) === undefined) throw new Refusal(500, 'Server error')
      if (kind === 'playlist') return state.library(user).includes(id)
      return user.saved(kind).has(id)
    }),
  )
}

export const libraryOperations: readonly Operation[] = [
  operation('save-library-items', 'PUT /me/library', save),
  operation('remove-library-items', 'DELETE /me/library', remove),
  operation('check-library-contains', 'GET /me/library/contains', contains),
]
