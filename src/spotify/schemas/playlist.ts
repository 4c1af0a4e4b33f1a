import { chapter } from './audiobook.ts'
import { externalUrls, followers, image } from './common.ts'
import {
  byType,
  flag,
  type Infer,
  list,
  literal,
  maybe,
  nullable,
  number,
  object,
  pageOf,
  string,
  text,
} from './object.ts'
import { episode } from './show.ts'
import { track } from './track.ts'
import { publicUser } from './user.ts'

/** What can be in a playlist or be played, distinguished by `type`. */
export const playable = byType([track, episode, object({ ...chapter.shape, type: literal('chapter') })])

/** What can be in a playlist or be played: `type` is `track`, `episode` or `chapter`. */
export type Playable = Infer<typeof playable>

export const playlistItem = object({
  added_at: text,
  added_by: maybe(publicUser),
  is_local: flag,
  /** The track, episode or chapter; `null` if it is gone or this application cannot see it. Read from `track` in older responses. */
  item: nullable(playable),
  primary_color: text,
  video_thumbnail: maybe(object({ url: text })),
})
/** An entry of a playlist. `item` is always present, whichever name Spotify used. */
export interface PlaylistItem extends Infer<typeof playlistItem> {}

const fields = {
  type: maybe(literal('playlist')),
  id: string,
  name: string,
  uri: text,
  href: text,
  collaborative: flag,
  description: text,
  external_urls: externalUrls,
  images: maybe(list(image)),
  owner: maybe(publicUser),
  primary_color: text,
  /** `null` when unknown. */
  public: flag,
  /** The version of the playlist. */
  snapshot_id: text,
}

export const simplifiedPlaylist = object({
  ...fields,
  /** The address and the number of its rows. Read from `tracks` in older responses. */
  items: maybe(object({ href: text, total: number })),
})
/** A playlist as lists name it. */
export interface SimplifiedPlaylist extends Infer<typeof simplifiedPlaylist> {}

export const playlist = object({
  ...fields,
  followers,
  /** The first page of its rows. Absent for playlists of which the user is neither owner nor collaborator. Read from `tracks` in older responses. */
  items: maybe(pageOf(playlistItem)),
})
/** A playlist with the first page of its rows. */
export interface Playlist extends Infer<typeof playlist> {}

export const snapshot = object({ snapshot_id: string })
/** The version of a playlist after a write. */
export interface Snapshot extends Infer<typeof snapshot> {}
