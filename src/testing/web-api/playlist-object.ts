import { episodeObject } from '../catalogue/show.ts'
import { localTrack, trackObject } from '../catalogue/track.ts'
import type { FakePlaylist, PlaylistRow } from '../playlist.ts'
import type { ApiCall } from './operation.ts'
import { type PageRequest, page } from './paging.ts'
import { wholeSeconds } from './saved.ts'
import { resumePoint } from './shows.ts'
import { displayName, userReference } from './users.ts'

/** Whether the user may see and change the items of a playlist. */
export function isContributor(call: ApiCall, playlist: FakePlaylist): boolean {
  const user = call.maybeUser
  return (
    user !== undefined && (playlist.ownerId === user.id || (playlist.collaborative && playlist.followers.has(user.id)))
  )
}

/** A track, episode or local file by its URI; null for what was removed from the catalogue. */
export function playable(call: ApiCall, uri: string | null, episodes: boolean): Record<string, unknown> | null {
  const { catalogue } = call.state
  if (uri === null) return null
  if (uri.startsWith('spotify:local:')) return localTrack(call.view, uri)
  const [, type, id = ''] = uri.split(':')
  if (type === 'track') {
    const index = catalogue.index('track', id)
    return index === undefined ? null : trackObject(catalogue, call.view, index)
  }
  const index = type === 'episode' ? catalogue.index('episode', id) : undefined
  if (index === undefined || !episodes) return null
  return episodeObject(catalogue, call.view, index, resumePoint(call, index))
}

/** Whether the caller requested episodes as episodes. */
export function wantsEpisodes(call: ApiCall): boolean {
  return (call.query.get('additional_types') ?? '').split(',').includes('episode')
}

function row(call: ApiCall, { uri, addedAt, addedBy }: PlaylistRow): Record<string, unknown> {
  const item = playable(call, uri, wantsEpisodes(call))
  const typedItem =
    item === null
      ? null
      : { ...item, ...(item.type === 'track' ? { track: true, episode: false } : { track: false, episode: true }) }
  const shown = item?.is_local === true ? item : typedItem
  return {
    added_at: addedAt === null ? null : wholeSeconds(addedAt),
    added_by: addedBy === null ? null : userReference(call.view, addedBy),
    is_local: uri?.startsWith('spotify:local:') ?? false,
    primary_color: null,
    item: shown,
    ...(call.rules.february2026 ? {} : { track: shown }),
    video_thumbnail: { url: null },
  }
}

/** A page of a playlist, under its new name (`items`) or its old name (`tracks`). */
export function rowsPage(
  call: ApiCall,
  playlist: FakePlaylist,
  request: PageRequest,
  name: 'items' | 'tracks',
): Record<string, unknown> {
  const path = `/playlists/${playlist.id}/${name}`
  const render = (position: number): unknown => row(call, playlist.rows[position] as PlaylistRow)
  const parameters = [...call.query].filter(([key]) => key === 'additional_types' || key === 'market')
  return page(call, request, playlist.rows.length, render, { path, query: Object.fromEntries(parameters) })
}

function common(call: ApiCall, playlist: FakePlaylist): Record<string, unknown> {
  const { state, view } = call
  const { id } = playlist
  const lag = state.options.snapshotLag ?? 0
  return {
    collaborative: playlist.collaborative,
    description: playlist.description ?? '',
    external_urls: { spotify: `https://open.spotify.com/playlist/${id}` },
    href: `${view.api}/playlists/${id}`,
    id,
    images: cover(call, playlist),
    name: playlist.name,
    owner: { display_name: displayName(state, playlist.ownerId), ...userReference(view, playlist.ownerId) },
    primary_color: null,
    public: playlist.public,
    snapshot_id: playlist.snapshot(state.clock.now(), lag),
    type: 'playlist',
    uri: `spotify:playlist:${id}`,
  }
}

export function cover(call: ApiCall, playlist: FakePlaylist): unknown[] {
  if (playlist.cover !== undefined) return [{ height: null, url: `${call.view.images}${playlist.cover}`, width: null }]
  const first = playlist.rows.find((entry) => entry.uri?.startsWith('spotify:track:'))?.uri?.split(':')[2]
  const index = first === undefined ? undefined : call.state.catalogue.index('track', first)
  if (index === undefined) return []
  const image = call.state.catalogue.imageId('album', call.state.catalogue.albumOfTrack(index).index)
  return [{ height: null, url: `${call.view.images}${image}`, width: null }]
}

/** A playlist in a list: only the number of its items. */
export function simplifiedPlaylist(call: ApiCall, playlist: FakePlaylist): Record<string, unknown> {
  const reference = (name: string): unknown => ({
    href: `${call.view.api}/playlists/${playlist.id}/${name}`,
    total: playlist.rows.length,
  })
  return {
    ...common(call, playlist),
    items: reference('items'),
    ...(call.rules.february2026 ? {} : { tracks: reference('tracks') }),
  }
}

/** A playlist with its first page, which since February 2026 only its owner and contributors see. */
export function fullPlaylist(call: ApiCall, playlist: FakePlaylist): Record<string, unknown> {
  const first = { limit: 100, offset: 0 }
  const followers = { href: null, total: playlist.followers.size }
  const shown = !call.rules.february2026 || isContributor(call, playlist)
  return {
    ...common(call, playlist),
    followers,
    ...(shown ? { items: rowsPage(call, playlist, first, 'items') } : {}),
    ...(call.rules.february2026 ? {} : { tracks: rowsPage(call, playlist, first, 'tracks') }),
  }
}
