import { image } from './common.ts'
import { dictionary, type Infer, list, maybe, number, object, string, text } from './object.ts'
import { track } from './track.ts'

export const category = object({ id: string, name: text, href: text, icons: maybe(list(image)) })
/** A category of playlists. */
export interface Category extends Infer<typeof category> {}

const seed = object({
  id: text,
  type: text,
  href: text,
  initialPoolSize: number,
  afterFilteringSize: number,
  afterRelinkingSize: number,
})
export const recommendations = object({ seeds: maybe(list(seed)), tracks: list(track) })
/** Tracks that are similar to the seeds. */
export interface Recommendations extends Infer<typeof recommendations> {}

export const audioFeatures = object({
  id: string,
  type: text,
  uri: text,
  track_href: text,
  analysis_url: text,
  acousticness: number,
  danceability: number,
  duration_ms: number,
  energy: number,
  instrumentalness: number,
  key: number,
  liveness: number,
  loudness: number,
  mode: number,
  speechiness: number,
  tempo: number,
  time_signature: number,
  valence: number,
})
/** The audio features of a track, as numbers. */
export interface AudioFeatures extends Infer<typeof audioFeatures> {}

const span = { start: number, duration: number, confidence: number }
const interval = object(span)
const numbers = maybe(list(number))
const metadata = dictionary
export const audioAnalysis = object({
  meta: metadata,
  track: metadata,
  bars: maybe(list(interval)),
  beats: maybe(list(interval)),
  tatums: maybe(list(interval)),
  sections: maybe(
    list(object({ ...span, loudness: number, tempo: number, key: number, mode: number, time_signature: number })),
  ),
  segments: maybe(
    list(
      object({
        ...span,
        loudness_start: number,
        loudness_max: number,
        loudness_max_time: number,
        loudness_end: number,
        pitches: numbers,
        timbre: numbers,
      }),
    ),
  ),
})
/** The structure of a track: bars, beats, sections, segments. */
export interface AudioAnalysis extends Infer<typeof audioAnalysis> {}
