import { simplifiedArtist } from './artist.ts'
import { copyright, externalIds, externalUrls, image, restrictions } from './common.ts'
import {
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
  texts,
} from './object.ts'
import { simplifiedTrack } from './simplified-track.ts'

const fields = {
  type: maybe(literal('album')),
  name: string,
  uri: text,
  href: text,
  /** `album`, `single`, `compilation`, or something newer. */
  album_type: text,
  /** Absent in Development Mode since February 2026. */
  album_group: text,
  artists: maybe(list(simplifiedArtist)),
  /** Absent in Development Mode since February 2026. */
  available_markets: texts,
  external_urls: externalUrls,
  images: maybe(list(image)),
  is_playable: flag,
  /** `1994`, `1994-02` or `1994-02-01`, as `release_date_precision` says. */
  release_date: text,
  release_date_precision: text,
  restrictions,
  total_tracks: number,
}

export const simplifiedAlbum = object({
  /** `null` for the album of a local file. */
  id: nullable(string),
  ...fields,
})
/** An album as lists and tracks name it. */
export interface SimplifiedAlbum extends Infer<typeof simplifiedAlbum> {}

export const album = object({
  id: string,
  ...fields,
  copyrights: maybe(list(copyright)),
  external_ids: externalIds,
  genres: texts,
  /** Absent in Development Mode since February 2026. */
  label: text,
  /** 0 to 100. Absent in Development Mode since February 2026. */
  popularity: number,
  /** The first page of its tracks. */
  tracks: maybe(pageOf(simplifiedTrack)),
})
/** An album with the first page of its tracks. */
export interface Album extends Infer<typeof album> {}

export const savedAlbum = object({ added_at: text, album })
/** An entry of the user's saved albums. */
export interface SavedAlbum extends Infer<typeof savedAlbum> {}
