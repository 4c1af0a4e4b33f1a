import type { FakePlaylist, PlaylistRow } from '../playlist.ts'
import { json } from '../response.ts'
import { selectFields } from './fields.ts'
import { bodyObject, parseUri, textList } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { pageRequest } from './paging.ts'
import { isContributor, rowsPage } from './playlist-object.ts'
import { playlistParameter, writablePlaylist } from './playlists.ts'
import { badRequest, Refusal } from './refusal.ts'

const maxUris = 100
const maxRows = 10_000

function read(name: 'items' | 'tracks') {
  return (call: ApiCall): Response => {
    const playlist = playlistParameter(call)
    if (call.rules.february2026 && !isContributor(call, playlist)) throw new Refusal(403, 'Forbidden')
    // The reference documents 50, but 100 works.
    const request = pageRequest(call, name === 'tracks' ? { fallback: 100, max: 100 } : { max: 100 })
    return json(200, selectFields(rowsPage(call, playlist, request, name), call.query.get('fields')))
  }
}

/** URIs in the query take precedence over those in the body. */
function urisOf(call: ApiCall, body: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const query = call.query.get('uris')
  const uris = query === null ? body.uris : query.split(',').filter((uri) => uri !== '')
  if (uris === undefined) return undefined
  const list = textList(uris, 'uris')
  if (list.length > maxUris) throw badRequest('You can add a maximum of 100 tracks per request.')
  return list
}

function rowsFor(call: ApiCall, uris: readonly string[]): PlaylistRow[] {
  const { catalogue, clock } = call.state
  return uris.map((uri) => {
    const { type, id } = parseUri(uri)
    if (type !== 'track' && type !== 'episode') throw badRequest('Invalid Spotify URI')
    if (catalogue.index(type, id) === undefined) {
      // For a removed episode Spotify always returns this error, although it looks transient.
      if (type === 'episode') throw new Refusal(502, 'Bad gateway.')
      throw badRequest('Payload contains a non-existing ID')
    }
    return { uri, addedAt: clock.now(), addedBy: call.user.id }
  })
}

function snapshotResponse(call: ApiCall, playlist: FakePlaylist, status: 200 | 201): Response {
  return json(status, { snapshot_id: playlist.touch(call.state.clock.now()) })
}

function checkSnapshot(playlist: FakePlaylist, id: unknown): void {
  if (id !== undefined && (typeof id !== 'string' || !playlist.hasSnapshot(id))) throw badRequest('Invalid snapshot_id')
}

function nonNegativeInteger(value: unknown, field: string, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0)
    throw badRequest(`Invalid value for field: ${field}`)
  return number
}

function add(call: ApiCall): Response {
  const playlist = writablePlaylist(call)
  const body = bodyObject(call)
  const uris = urisOf(call, body)
  if (uris === undefined || uris.length === 0) throw badRequest('No uris provided')
  const rows = rowsFor(call, uris)
  if (playlist.rows.length + rows.length > maxRows) throw new Refusal(403, 'Playlist size limit reached')
  const position = nonNegativeInteger(call.query.get('position') ?? body.position, 'position', playlist.rows.length)
  if (position > playlist.rows.length) throw badRequest('Index out of bounds.')
  playlist.rows.splice(position, 0, ...rows)
  return snapshotResponse(call, playlist, 201)
}

/** Replaces all items, or moves a range. */
function replaceOrReorder(call: ApiCall): Response {
  const playlist = writablePlaylist(call)
  const body = bodyObject(call)
  const uris = urisOf(call, body)
  checkSnapshot(playlist, body.snapshot_id)
  if (uris !== undefined) {
    playlist.rows = rowsFor(call, uris)
    return snapshotResponse(call, playlist, 200)
  }
  if (body.range_start === undefined) throw badRequest('Missing required field: uris')
  const start = nonNegativeInteger(body.range_start, 'range_start')
  const before = nonNegativeInteger(body.insert_before, 'insert_before')
  const length = nonNegativeInteger(body.range_length, 'range_length', 1)
  if (start + length > playlist.rows.length || before > playlist.rows.length) throw badRequest('Index out of bounds.')
  if (before < start || before > start + length) {
    const moved = playlist.rows.splice(start, length)
    playlist.rows.splice(before > start ? before - length : before, 0, ...moved)
  }
  return snapshotResponse(call, playlist, 200)
}

/** Removes every row with one of these URIs. */
function remove(key: 'items' | 'tracks') {
  return (call: ApiCall): Response => {
    const playlist = writablePlaylist(call)
    const body = bodyObject(call)
    const requested = body[key]
    if (!Array.isArray(requested)) throw badRequest(`Missing required field: ${key}`)
    if (requested.length > maxUris) throw badRequest('You can remove a maximum of 100 tracks per request.')
    checkSnapshot(playlist, body.snapshot_id)
    const removedUris = new Set(
      requested.map((item: { uri?: unknown } | null) => {
        const uri = item?.uri
        if (typeof uri !== 'string') throw badRequest('Invalid Spotify URI')
        if (!uri.startsWith('spotify:local:')) parseUri(uri)
        return uri
      }),
    )
    playlist.rows = playlist.rows.filter(({ uri }) => uri === null || !removedUris.has(uri))
    return snapshotResponse(call, playlist, 200)
  }
}

const writing = { anyScope: ['playlist-modify-public', 'playlist-modify-private'] }
const removed = { availability: 'removed-2026' } as const
const items = '/playlists/{playlist_id}/items'
const tracks = '/playlists/{playlist_id}/tracks'

export const playlistItemOperations: readonly Operation[] = [
  operation('get-playlists-items', `GET ${items}`, read('items'), { scopes: ['playlist-read-private'] }),
  operation('add-items-to-playlist', `POST ${items}`, add, writing),
  operation('reorder-or-replace-playlists-items', `PUT ${items}`, replaceOrReorder, writing),
  operation('remove-items-playlist', `DELETE ${items}`, remove('items'), writing),
  operation('get-playlists-tracks', `GET ${tracks}`, read('tracks'), removed),
  operation('add-tracks-to-playlist', `POST ${tracks}`, add, { ...writing, ...removed }),
  operation('reorder-or-replace-playlists-tracks', `PUT ${tracks}`, replaceOrReorder, { ...writing, ...removed }),
  operation('remove-tracks-playlist', `DELETE ${tracks}`, remove('tracks'), { ...writing, ...removed }),
]
