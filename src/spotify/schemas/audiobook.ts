import * as z from 'zod/mini'
import { copyright, externalUrls, image, restrictions, resumePoint } from './common.ts'
import { flag, type Infer, number, object, pageOf, text, texts } from './object.ts'

const person = object({ name: text })

const audiobookFields = {
  type: z.nullish(z.literal('audiobook')),
  id: z.string(),
  name: z.string(),
  uri: z.string(),
  href: text,
  authors: z.nullish(z.array(person)),
  /** Absent in Development Mode since February 2026. */
  available_markets: texts,
  copyrights: z.nullish(z.array(copyright)),
  description: text,
  html_description: text,
  edition: text,
  explicit: flag,
  external_urls: externalUrls,
  images: z.nullish(z.array(image)),
  is_externally_hosted: flag,
  languages: texts,
  media_type: text,
  narrators: z.nullish(z.array(person)),
  /** Absent in Development Mode since February 2026. */
  publisher: text,
  total_chapters: number,
}

export const simplifiedAudiobook = object(audiobookFields)
/** An audiobook as lists and chapters name it. */
export interface SimplifiedAudiobook extends Infer<typeof simplifiedAudiobook> {}

const chapterFields = {
  /** Spotify's description says `episode`, its answers say `chapter`. */
  type: z.enum(['chapter', 'episode']),
  id: z.nullable(z.string()),
  name: z.nullable(z.string()),
  uri: z.nullable(z.string()),
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
  images: z.nullish(z.array(image)),
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

export const chapter = object({ ...chapterFields, audiobook: z.nullish(simplifiedAudiobook) })
/** A chapter with its audiobook. */
export interface Chapter extends Infer<typeof chapter> {}

export const audiobook = object({ ...audiobookFields, chapters: z.nullish(pageOf(simplifiedChapter)) })
/** An audiobook with the first page of its chapters. */
export interface Audiobook extends Infer<typeof audiobook> {}

export const savedAudiobook = object({ ...audiobookFields, added_at: text })
/** A row of the user's saved audiobooks: the audiobook itself, with the time it was saved where Spotify tells it. */
export interface SavedAudiobook extends Infer<typeof savedAudiobook> {}
