import { FakePlaylist } from '../playlist.ts'
import { empty, json } from '../response.ts'
import { selectFields } from './fields.ts'
import { followPlaylist, unfollowPlaylist } from './follow-playlist.ts'
import { bodyObject } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { page, pageRequest } from './paging.ts'
import { cover, fullPlaylist, isContributor, simplifiedPlaylist } from './playlist-object.ts'
import { badRequest, notFound, Refusal } from './refusal.ts'

const modify = { anyScope: ['playlist-modify-public', 'playlist-modify-private'] }

/** The playlist that the path names. Those that Spotify owns are hidden from applications since November 2024. */
export function playlistParameter(call: ApiCall): FakePlaylist {
  const id = call.params.playlist_id ?? ''
  if (!/^[0-9A-Za-z]{22}$/.test(id)) throw badRequest('Invalid base62 id')
  const playlist = call.state.playlist(id)
  if (playlist === undefined || (playlist.ownerId === 'spotify' && call.rules.november2024)) throw notFound()
  return playlist
}

/** The playlist of the path, if this user may write to it with these scopes. */
export function writablePlaylist(call: ApiCall, ownerOnly = false): FakePlaylist {
  const playlist = playlistParameter(call)
  const own = playlist.ownerId === call.user.id
  if (ownerOnly ? !own : !isContributor(call, playlist)) throw new Refusal(403, 'You do not own this playlist')
  if (!call.scopes.includes(playlist.public ? 'playlist-modify-public' : 'playlist-modify-private'))
    throw new Refusal(403, 'Insufficient client scope')
  return playlist
}

function playlistPage(call: ApiCall, ids: readonly string[]): Response {
  const request = pageRequest(call)
  const render = (position: number): unknown => {
    const playlist = call.state.playlist(ids[position] ?? '')
    if (playlist === undefined || (playlist.ownerId === 'spotify' && call.rules.november2024)) return null
    return simplifiedPlaylist(call, playlist)
  }
  return json(200, page(call, request, ids.length, render))
}

function currentUserPlaylists(call: ApiCall): Response {
  const all = call.state.library(call.user)
  const shared = call.scopes.includes('playlist-read-collaborative')
  const visible = all.filter((id) => {
    const playlist = call.state.playlists.get(id)
    return playlist === undefined || !playlist.collaborative || shared
  })
  return playlistPage(call, visible)
}

function userPlaylists(call: ApiCall): Response {
  const id = call.params.user_id ?? ''
  const user = call.state.users.get(id)
  if (user === undefined) throw notFound()
  const all = call.state.library(user)
  const isPublic = (playlist: string): boolean => call.state.playlist(playlist)?.public === true
  return playlistPage(call, user.id === call.maybeUser?.id ? all : all.filter(isPublic))
}

function create(call: ApiCall): Response {
  const { state, user } = call
  const userId = call.params.user_id
  if (userId !== undefined && userId !== user.id)
    throw new Refusal(403, 'You cannot create a playlist for another user.')
  const body = bodyObject(call)
  if (typeof body.name !== 'string' || body.name === '') throw badRequest('Missing required field: name')
  const isPublic = body.public !== false
  if (isPublic && body.collaborative === true) throw badRequest('Collaborative playlists can only be private.')
  if (!call.scopes.includes(isPublic ? 'playlist-modify-public' : 'playlist-modify-private'))
    throw new Refusal(403, 'Insufficient client scope')
  state.library(user)
  const playlist = new FakePlaylist({
    id: state.newPlaylistId(),
    ownerId: user.id,
    name: body.name,
    description: typeof body.description === 'string' ? body.description : '',
    public: isPublic,
    collaborative: body.collaborative === true,
    createdAt: state.clock.now(),
  })
  state.playlists.set(playlist.id, playlist)
  user.playlists.unshift(playlist.id)
  const created = fullPlaylist(call, playlist)
  // Spotify's response does not contain the owner's name here.
  return json(201, { ...created, owner: { ...(created.owner as object), display_name: null } })
}

function change(call: ApiCall): Response {
  const playlist = writablePlaylist(call, true)
  const body = bodyObject(call)
  if (typeof body.name === 'string') {
    if (body.name === '') throw badRequest('Invalid value for field: name')
    playlist.name = body.name
  }
  if (typeof body.description === 'string') playlist.description = body.description
  if (typeof body.public === 'boolean') playlist.public = body.public
  if (typeof body.collaborative === 'boolean') {
    if (body.collaborative && playlist.public) throw badRequest('Collaborative playlists can only be private.')
    playlist.collaborative = body.collaborative
  }
  playlist.touch(call.state.clock.now())
  return empty(200)
}

function setCover(call: ApiCall): Response {
  const playlist = writablePlaylist(call, true)
  const picture = call.body.trim()
  if (picture.length > 256 * 1024) throw new Refusal(413, 'Image too large')
  if (!/^[A-Za-z0-9+/\r\n]+=*$/.test(picture) || !picture.startsWith('/9j/')) throw badRequest('Invalid base64 JPEG')
  playlist.cover = call.state.catalogue.imageId('playlist', picture.length)
  playlist.touch(call.state.clock.now())
  return empty(202)
}

function followers(call: ApiCall): Response {
  const playlist = playlistParameter(call)
  const requested = call.query.get('ids')
  const ids = requested === null ? [call.user.id] : requested.split(',')
  if (ids.length > 1) throw badRequest('Too many ids requested')
  return json(
    200,
    ids.map((id) => playlist.followers.has(id) || call.state.users.get(id)?.playlists.includes(playlist.id) === true),
  )
}

export const playlistOperations: readonly Operation[] = [
  operation('get-playlist', 'GET /playlists/{playlist_id}', (call) =>
    json(200, selectFields(fullPlaylist(call, playlistParameter(call)), call.query.get('fields'))),
  ),
  operation('change-playlist-details', 'PUT /playlists/{playlist_id}', change, modify),
  operation('get-a-list-of-current-users-playlists', 'GET /me/playlists', currentUserPlaylists, {
    scopes: ['playlist-read-private'],
  }),
  operation('create-playlist', 'POST /me/playlists', create, modify),
  operation('get-list-users-playlists', 'GET /users/{user_id}/playlists', userPlaylists, {
    availability: 'removed-2026',
  }),
  operation('create-playlist-for-user', 'POST /users/{user_id}/playlists', create, {
    ...modify,
    availability: 'removed-2026',
  }),
  operation('get-playlist-cover', 'GET /playlists/{playlist_id}/images', (call) => {
    const playlist = call.state.playlist(call.params.playlist_id ?? '')
    if (playlist === undefined) throw notFound()
    return json(200, cover(call, playlist))
  }),
  operation('upload-custom-playlist-cover', 'PUT /playlists/{playlist_id}/images', setCover, {
    ...modify,
    scopes: ['ugc-image-upload'],
  }),
  // Documented as removed, but it worked in October 2026.
  operation(
    'follow-playlist',
    'PUT /playlists/{playlist_id}/followers',
    (call) => {
      followPlaylist(call, playlistParameter(call).id)
      return empty(200)
    },
    modify,
  ),
  operation(
    'unfollow-playlist',
    'DELETE /playlists/{playlist_id}/followers',
    (call) => {
      unfollowPlaylist(call, playlistParameter(call).id)
      return empty(200)
    },
    modify,
  ),
  operation('check-if-user-follows-playlist', 'GET /playlists/{playlist_id}/followers/contains', followers, {
    availability: 'removed-2026',
  }),
]
