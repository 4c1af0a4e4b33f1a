import * as z from 'zod/mini'
import { context } from './common.ts'
import { flag, type Infer, number, object, text } from './object.ts'
import { playable } from './playlist.ts'
import { track } from './track.ts'

export const device = object({
  /** `null` for a device that cannot be addressed. */
  id: z.nullish(z.string()),
  name: z.string(),
  type: text,
  is_active: flag,
  is_private_session: flag,
  /** No playback command works on it. */
  is_restricted: flag,
  supports_volume: flag,
  /** 0 to 100. */
  volume_percent: number,
})
/** A device that can play. */
export interface Device extends Infer<typeof device> {}

const playing = {
  context: z.nullish(context),
  /** Epoch milliseconds. */
  timestamp: number,
  /** Milliseconds. */
  progress_ms: number,
  is_playing: flag,
  /** `null` during an advertisement, and for what is not for this application. */
  item: z.nullish(playable),
  /** `track`, `episode`, `ad` or `unknown`. */
  currently_playing_type: text,
  actions: z.nullish(object({ disallows: z.nullish(z.record(z.string(), z.nullish(z.boolean()))) })),
}

export const currentlyPlaying = object(playing)
/** What is being played. */
export interface CurrentlyPlaying extends Infer<typeof currentlyPlaying> {}

export const playbackState = object({
  ...playing,
  device: z.nullish(device),
  /** `off`, `track` or `context`. */
  repeat_state: text,
  shuffle_state: flag,
  smart_shuffle: flag,
})
/** What is being played, on which device and how. */
export interface PlaybackState extends Infer<typeof playbackState> {}

export const queue = object({ currently_playing: z.nullish(playable), queue: z.array(playable) })
/** What is being played and what comes next. */
export interface Queue extends Infer<typeof queue> {}

export const playHistory = object({ track, played_at: text, context: z.nullish(context) })
/** A track that was played, and when. */
export interface PlayHistory extends Infer<typeof playHistory> {}
