import { context } from './common.ts'
import { flag, type Infer, list, maybe, number, object, string, text } from './object.ts'
import { playable } from './playlist.ts'
import { track } from './track.ts'

export const device = object({
  /** `null` for a device that cannot be addressed. */
  id: text,
  name: string,
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

const disallows = object({
  interrupting_playback: flag,
  pausing: flag,
  resuming: flag,
  seeking: flag,
  skipping_next: flag,
  skipping_prev: flag,
  toggling_repeat_context: flag,
  toggling_repeat_track: flag,
  toggling_shuffle: flag,
  transferring_playback: flag,
})

const playing = {
  context: maybe(context),
  /** Epoch milliseconds. */
  timestamp: number,
  /** Milliseconds. */
  progress_ms: number,
  is_playing: flag,
  /** `null` during an advertisement, and for an item that this application cannot see. */
  item: maybe(playable),
  /** `track`, `episode`, `ad` or `unknown`. */
  currently_playing_type: text,
  /** What cannot be done at present. */
  actions: maybe(object({ disallows: maybe(disallows) })),
}

export const currentlyPlaying = object(playing)
/** What is being played. */
export interface CurrentlyPlaying extends Infer<typeof currentlyPlaying> {}

export const playbackState = object({
  ...playing,
  device: maybe(device),
  /** `off`, `track` or `context`. */
  repeat_state: text,
  shuffle_state: flag,
  smart_shuffle: flag,
})
/** What is being played, on which device and how. */
export interface PlaybackState extends Infer<typeof playbackState> {}

export const queue = object({ currently_playing: maybe(playable), queue: list(playable) })
/** What is being played, and the queue. */
export interface Queue extends Infer<typeof queue> {}

export const playHistory = object({ track, played_at: text, context: maybe(context) })
/** A track that was played, and when. */
export interface PlayHistory extends Infer<typeof playHistory> {}
