import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { AudioAnalysis, AudioFeatures } from '../schemas/browse.ts'
import type { Track } from '../schemas/track.ts'

/** Tracks. A track is named by its id, its `spotify:track:` URI or its open.spotify.com link. */
export interface Tracks {
  /** One track, with its album. */
  get(id: string, query?: Query<'get-track'>, options?: RequestOptions): Promise<Track>
  /**
   * Several tracks in the order of `ids`, `null` where there is none; 50 to a request.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `get`.
   */
  getMany(
    ids: readonly string[],
    query?: Omit<Query<'get-several-tracks'>, 'ids'>,
    options?: RequestOptions,
  ): Promise<(Track | null)[]>
  /**
   * The audio features of a track, as numbers; of several tracks in their order, 100 to a request.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  audioFeatures(id: string, options?: RequestOptions): Promise<AudioFeatures>
  /** @deprecated Removed in November 2024 except for applications that used it before. There is no replacement. */
  audioFeatures(ids: readonly string[], options?: RequestOptions): Promise<(AudioFeatures | null)[]>
  /**
   * Bars, beats, sections and segments of a track.
   * @deprecated Removed in November 2024 except for applications that used it before. There is no replacement.
   */
  audioAnalysis(id: string, options?: RequestOptions): Promise<AudioAnalysis>
}

export function tracks(calls: Calls): Tracks {
  async function audioFeatures(id: string, options?: RequestOptions): Promise<AudioFeatures>
  async function audioFeatures(ids: readonly string[], options?: RequestOptions): Promise<(AudioFeatures | null)[]>
  async function audioFeatures(
    ids: string | readonly string[],
    options?: RequestOptions,
  ): Promise<AudioFeatures | (AudioFeatures | null)[]> {
    if (typeof ids === 'string') {
      return calls.one('get-audio-features', 'track', ids, undefined, options)
    }
    return calls.many('get-several-audio-features', 'track', ids, undefined, options)
  }
  return {
    get: (id, query, options) => calls.one('get-track', 'track', id, query, options),
    getMany: async (ids, query, options) => calls.many('get-several-tracks', 'track', ids, query, options),
    audioFeatures,
    audioAnalysis: (id, options) => calls.one('get-audio-analysis', 'track', id, undefined, options),
  }
}
