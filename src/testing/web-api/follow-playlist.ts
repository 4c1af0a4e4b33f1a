import type { ApiCall } from './operation.ts'

export function followPlaylist(call: ApiCall, id: string): void {
  const playlist = call.state.playlist(id)
  if (playlist === undefined) return
  call.state.library(call.user)
  playlist.followers.add(call.user.id)
  if (!call.user.playlists.includes(id)) call.user.playlists.unshift(id)
}

/** A playlist that its owner removes stays readable by its id, as on Spotify. */
export function unfollowPlaylist(call: ApiCall, id: string): void {
  call.state.library(call.user)
  call.state.playlist(id)?.followers.delete(call.user.id)
  const place = call.user.playlists.indexOf(id)
  if (place !== -1) call.user.playlists.splice(place, 1)
}
