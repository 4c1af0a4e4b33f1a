import type { Calls } from '../calls.ts'
import { withoutNulls } from '../chunk.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { CurrentlyPlaying, Device, PlaybackState, PlayHistory, Queue } from '../schemas/player.ts'
import { uriOf } from '../uri.ts'

type OnDevice = Query<'pause-a-users-playback'>

/** What to play, and where. */
export interface PlayInput {
  /** The device; default the active one. */
  readonly device_id?: string | undefined
  /** An album, artist or playlist to play, as URI or link. */
  readonly context_uri?: string | undefined
  /** Tracks and episodes to play, as URIs or links. */
  readonly uris?: readonly string[] | undefined
  /** Where in the context to start: at a position from 0, or at an item. */
  readonly offset?: { readonly position: number } | { readonly uri: string } | undefined
  /** Milliseconds into the first item. */
  readonly position_ms?: number | undefined
}

/** Playback on the user's devices. The commands need Premium and are not repeated after a timeout. */
export interface Player {
  /** What is being played, on which device and how; `undefined` when nothing is. */
  state(
    query?: Query<'get-information-about-the-users-current-playback'>,
    options?: RequestOptions,
  ): Promise<PlaybackState | undefined>
  /** What is being played; `undefined` when nothing is. */
  currentlyPlaying(
    query?: Query<'get-the-users-currently-playing-track'>,
    options?: RequestOptions,
  ): Promise<CurrentlyPlaying | undefined>
  /** The devices that are on. */
  devices(options?: RequestOptions): Promise<Device[]>
  /** What is being played, and the queue. */
  queue(options?: RequestOptions): Promise<Queue>
  /** The last 50 tracks, newest first; no episodes. `after` and `before` are epoch milliseconds, one at a time. */
  recentlyPlayed(query?: Query<'get-recently-played'>, options?: RequestOptions): Paginated<PlayHistory>
  /** Starts playing what `input` names, or resumes playback. */
  play(input?: PlayInput, options?: RequestOptions): Promise<void>
  /** Pauses playback. */
  pause(query?: OnDevice, options?: RequestOptions): Promise<void>
  /** Skips to the next item. Not repeated unless `retries` is given. */
  next(query?: OnDevice, options?: RequestOptions): Promise<void>
  /** Skips to the previous item. Not repeated unless `retries` is given. */
  previous(query?: OnDevice, options?: RequestOptions): Promise<void>
  /** Seeks within the current item: milliseconds from its start. */
  seek(positionMs: number, query?: OnDevice, options?: RequestOptions): Promise<void>
  /** Sets the repeat mode: the item, the context, or off. */
  setRepeat(state: 'off' | 'track' | 'context', query?: OnDevice, options?: RequestOptions): Promise<void>
  /** Turns shuffle on or off. */
  setShuffle(state: boolean, query?: OnDevice, options?: RequestOptions): Promise<void>
  /** Sets the volume, 0 to 100. */
  setVolume(percent: number, query?: OnDevice, options?: RequestOptions): Promise<void>
  /** Moves playback to another device. `play: true` starts playing there; otherwise it stays playing or paused. */
  transfer(deviceId: string, input?: { readonly play?: boolean | undefined }, options?: RequestOptions): Promise<void>
  /** Adds a track or an episode to the end of the queue. Not repeated unless `retries` is given. */
  addToQueue(uri: string, query?: OnDevice, options?: RequestOptions): Promise<void>
}

const playable = ['track', 'episode', 'chapter'] as const
const contexts = ['album', 'artist', 'playlist', 'show', 'audiobook'] as const
const allItemTypes = { additional_types: 'track,episode' } as const

export function player(calls: Calls): Player {
  return {
    state: async (query, options) =>
      calls.sendOptional(
        'get-information-about-the-users-current-playback',
        { query: { ...allItemTypes, ...query } },
        options,
      ),
    currentlyPlaying: async (query, options) =>
      calls.sendOptional('get-the-users-currently-playing-track', { query: { ...allItemTypes, ...query } }, options),
    devices: async (options) => withoutNulls((await calls.send('get-a-users-available-devices', {}, options)).devices),
    queue: (options) => calls.send('get-queue', {}, options),
    recentlyPlayed: (query, options) => calls.list('get-recently-played', { query }, options),
    play: async (input = {}, options) => {
      const { device_id, context_uri, uris, offset, position_ms } = input
      const body = {
        context_uri: context_uri === undefined ? undefined : uriOf(contexts, context_uri),
        uris: uris?.map((uri) => uriOf(playable, uri)),
        offset,
        position_ms,
      }
      await calls.send('start-a-users-playback', { query: { device_id }, body }, options)
    },
    pause: (query, options) => calls.send('pause-a-users-playback', { query }, options),
    next: (query, options) => calls.send('skip-users-playback-to-next-track', { query }, options),
    previous: (query, options) => calls.send('skip-users-playback-to-previous-track', { query }, options),
    seek: async (positionMs, query, options) =>
      calls.send(
        'seek-to-position-in-currently-playing-track',
        { query: { ...query, position_ms: positionMs } },
        options,
      ),
    setRepeat: async (state, query, options) =>
      calls.send('set-repeat-mode-on-users-playback', { query: { ...query, state } }, options),
    setShuffle: async (state, query, options) =>
      calls.send('toggle-shuffle-for-users-playback', { query: { ...query, state } }, options),
    setVolume: async (percent, query, options) =>
      calls.send('set-volume-for-users-playback', { query: { ...query, volume_percent: percent } }, options),
    transfer: async (deviceId, input, options) =>
      calls.send('transfer-a-users-playback', { body: { device_ids: [deviceId], play: input?.play } }, options),
    addToQueue: async (uri, query, options) =>
      calls.send('add-to-queue', { query: { ...query, uri: uriOf(playable, uri) } }, options),
  }
}
