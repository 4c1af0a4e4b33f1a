import type { ApiCall } from './operation.ts'

export function followPlaylist(call: ApiCall, id: string): void {
  const playlist = call.state.playlist(id)
  if (playlist === undefined) return
  call.state.library(call.user)
  playlist.followers.add(call.user.id)
  if (!call.user.playlists.includes(id)) call.user.playlists.unshift(id)
}

/** As on Spotify, a playlist that its owner removed can still be read by its id. */
export function unfollowPlaylist(call: ApiCall, id: string): void {
  call.state.library(call.user)
  call.state.playlist(id)?.followers.delete(call.user.id)
  const position = call.user.playlists.indexOf(id)
  if (position !== -1) call.user.playlists.splice(position, 1)
}
