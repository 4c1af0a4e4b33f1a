import { simplifiedArtist } from './artist.ts'
import { externalUrls, restrictions } from './common.ts'
import { flag, type Infer, list, literal, maybe, nullable, number, object, string, text, texts } from './object.ts'

const linkedTrack = object({ type: text, id: text, uri: text, href: text, external_urls: externalUrls })
/** The track that was requested, when Spotify returned another one in its place. */
export interface LinkedTrack extends Infer<typeof linkedTrack> {}

export const trackFields = {
  type: literal('track'),
  /** `null` for a local file. */
  id: nullable(string),
  name: string,
  /** `spotify:local:…` for a local file. */
  uri: string,
  href: text,
  artists: list(simplifiedArtist),
  /** Absent in Development Mode since February 2026. */
  available_markets: texts,
  disc_number: number,
  /** Milliseconds. */
  duration_ms: number,
  explicit: flag,
  external_urls: externalUrls,
  is_local: flag,
  is_playable: flag,
  /** Absent in Development Mode since February 2026. */
  linked_from: maybe(linkedTrack),
  /** Absent or `null` since November 2024, except for applications with older access. */
  preview_url: text,
  restrictions,
  track_number: number,
}

export const simplifiedTrack = object(trackFields)
/** A track as its album lists it. */
export interface SimplifiedTrack extends Infer<typeof simplifiedTrack> {}
