import * as z from 'zod/mini'
import { image } from './common.ts'
import { type Infer, number, object, text } from './object.ts'
import { track } from './track.ts'

export const category = object({ id: z.string(), name: text, href: text, icons: z.nullish(z.array(image)) })
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
export const recommendations = object({ seeds: z.nullish(z.array(seed)), tracks: z.array(track) })
/** Tracks like others. */
export interface Recommendations extends Infer<typeof recommendations> {}

export const audioFeatures = object({
  id: z.string(),
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
/** How a track sounds, in numbers. */
export interface AudioFeatures extends Infer<typeof audioFeatures> {}

const interval = object({ start: number, duration: number, confidence: number })
const numbers = z.nullish(z.array(z.number()))
const facts = z.nullish(z.record(z.string(), z.unknown()))
export const audioAnalysis = object({
  meta: facts,
  track: facts,
  bars: z.nullish(z.array(interval)),
  beats: z.nullish(z.array(interval)),
  tatums: z.nullish(z.array(interval)),
  sections: z.nullish(
    z.array(z.extend(interval, { loudness: number, tempo: number, key: number, mode: number, time_signature: number })),
  ),
  segments: z.nullish(
    z.array(
      z.extend(interval, {
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
