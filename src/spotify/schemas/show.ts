import { copyright, externalUrls, image, restrictions, resumePoint } from './common.ts'
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

const showFields = {
  type: maybe(literal('show')),
  href: text,
  /** Absent in Development Mode since February 2026. */
  available_markets: texts,
  copyrights: maybe(list(copyright)),
  description: text,
  html_description: text,
  explicit: flag,
  external_urls: externalUrls,
  images: maybe(list(image)),
  is_externally_hosted: flag,
  languages: texts,
  media_type: text,
  /** Absent in Development Mode since February 2026. */
  publisher: text,
  total_episodes: number,
}

export const simplifiedShow = object({
  /** `null` when the show is gone. */
  id: nullable(string),
  name: nullable(string),
  uri: nullable(string),
  ...showFields,
})
/** A show as lists and episodes name it. If it is gone, its fields are `null`. */
export interface SimplifiedShow extends Infer<typeof simplifiedShow> {}

const episodeFields = {
  type: literal('episode'),
  /** `null` when the episode is gone. */
  id: nullable(string),
  name: nullable(string),
  uri: nullable(string),
  href: text,
  audio_preview_url: text,
  description: text,
  html_description: text,
  /** Milliseconds. */
  duration_ms: number,
  explicit: flag,
  external_urls: externalUrls,
  images: maybe(list(image)),
  is_externally_hosted: flag,
  is_playable: flag,
  language: text,
  languages: texts,
  /** `1970-01-01` or `0000` when unknown. */
  release_date: text,
  release_date_precision: text,
  restrictions,
  /** Only with the scope `user-read-playback-position`. */
  resume_point: resumePoint,
}

export const simplifiedEpisode = object(episodeFields)
/** An episode as its show lists it. */
export interface SimplifiedEpisode extends Infer<typeof simplifiedEpisode> {}

export const episode = object({ ...episodeFields, show: maybe(simplifiedShow) })
/** An episode with its show. If it is gone, its fields are `null`. */
export interface Episode extends Infer<typeof episode> {}

export const savedEpisode = object({ added_at: text, episode })
/** An entry of the user's saved episodes. */
export interface SavedEpisode extends Infer<typeof savedEpisode> {}

export const show = object({
  id: string,
  name: string,
  uri: string,
  ...showFields,
  /** The first page of its episodes, newest first. */
  episodes: maybe(pageOf(simplifiedEpisode)),
})
/** A show with the first page of its episodes. */
export interface Show extends Infer<typeof show> {}

export const savedShow = object({ added_at: text, show: simplifiedShow })
/** An entry of the user's saved shows. */
export interface SavedShow extends Infer<typeof savedShow> {}
