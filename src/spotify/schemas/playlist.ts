import * as z from 'zod/mini'
import { chapter } from './audiobook.ts'
import { externalUrls, followers, image } from './common.ts'
import { flag, type Infer, number, object, pageOf, text } from './object.ts'
import { episode } from './show.ts'
import { track } from './track.ts'
import { publicUser } from './user.ts'

/** What can be in a playlist or be played. `type` tells which. */
export const playable = z.discriminatedUnion('type', [
  track,
  episode,
  z.extend(chapter, { type: z.literal('chapter') }),
])

/** What can be in a playlist or be played: `type` is `track`, `episode` or `chapter`. */
export type Playable = Infer<typeof playable>

export const playlistItem = object({
  added_at: text,
  added_by: z.nullish(publicUser),
  is_local: flag,
  /** What the row holds; `null` where it is gone or not for this application. Read from `track` in older answers. */
  item: z.nullable(playable),
  primary_color: text,
  video_thumbnail: z.nullish(object({ url: text })),
})
/** A row of a playlist. `item` is always there, whichever name Spotify used. */
export interface PlaylistItem extends Infer<typeof playlistItem> {}

const fields = {
  type: z.nullish(z.literal('playlist')),
  id: z.string(),
  name: z.string(),
  uri: text,
  href: text,
  collaborative: flag,
  description: text,
  external_urls: externalUrls,
  images: z.nullish(z.array(image)),
  owner: z.nullish(publicUser),
  primary_color: text,
  /** `null` when unknown. */
  public: flag,
  /** The version of the playlist. */
  snapshot_id: text,
}

export const simplifiedPlaylist = object({
  ...fields,
  /** Where its rows are and how many. Read from `tracks` in older answers. */
  items: z.nullish(object({ href: text, total: number })),
})
/** A playlist as lists name it. */
export interface SimplifiedPlaylist extends Infer<typeof simplifiedPlaylist> {}

export const playlist = object({
  ...fields,
  followers,
  /** The first page of its rows. Absent for playlists that the user neither owns nor works on. Read from `tracks` in older answers. */
  items: z.nullish(pageOf(playlistItem)),
})
/** A playlist with the first page of its rows. */
export interface Playlist extends Infer<typeof playlist> {}

export const snapshot = object({ snapshot_id: z.string() })
/** The version of a playlist after a write. */
export interface Snapshot extends Infer<typeof snapshot> {}
