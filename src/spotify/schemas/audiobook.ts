import { copyright, externalUrls, image, restrictions, resumePoint } from './common.ts'
import {
  choice,
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

const person = object({ name: text })

const audiobookFields = {
  type: maybe(literal('audiobook')),
  id: string,
  name: string,
  uri: string,
  href: text,
  authors: maybe(list(person)),
  /** Absent in Development Mode since February 2026. */
  available_markets: texts,
  copyrights: maybe(list(copyright)),
  description: text,
  html_description: text,
  edition: text,
  explicit: flag,
  external_urls: externalUrls,
  images: maybe(list(image)),
  is_externally_hosted: flag,
  languages: texts,
  media_type: text,
  narrators: maybe(list(person)),
  /** Absent in Development Mode since February 2026. */
  publisher: text,
  total_chapters: number,
}

export const simplifiedAudiobook = object(audiobookFields)
/** An audiobook as lists and chapters name it. */
export interface SimplifiedAudiobook extends Infer<typeof simplifiedAudiobook> {}

const chapterFields = {
  /** `episode` in Spotify's description, `chapter` in its responses. */
  type: choice(['chapter', 'episode']),
  id: nullable(string),
  name: nullable(string),
  uri: nullable(string),
  href: text,
  audio_preview_url: text,
  /** Absent in Development Mode since February 2026. */
  available_markets: texts,
  chapter_number: number,
  description: text,
  html_description: text,
  /** Milliseconds. */
  duration_ms: number,
  explicit: flag,
  external_urls: externalUrls,
  images: maybe(list(image)),
  is_playable: flag,
  languages: texts,
  release_date: text,
  release_date_precision: text,
  restrictions,
  /** Only with the scope `user-read-playback-position`. */
  resume_point: resumePoint,
}

export const simplifiedChapter = object(chapterFields)
/** A chapter as its audiobook lists it. */
export interface SimplifiedChapter extends Infer<typeof simplifiedChapter> {}

export const chapter = object({ ...chapterFields, audiobook: maybe(simplifiedAudiobook) })
/** A chapter with its audiobook. */
export interface Chapter extends Infer<typeof chapter> {}

export const audiobook = object({ ...audiobookFields, chapters: maybe(pageOf(simplifiedChapter)) })
/** An audiobook with the first page of its chapters. */
export interface Audiobook extends Infer<typeof audiobook> {}

export const savedAudiobook = object({ ...audiobookFields, added_at: text })
/** An entry of the user's saved audiobooks: the audiobook itself, with the time it was saved where Spotify sends it. */
export interface SavedAudiobook extends Infer<typeof savedAudiobook> {}
