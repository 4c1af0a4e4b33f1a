import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { Artist } from '../schemas/artist.ts'
import type { Track } from '../schemas/track.ts'
import type { PrivateUser } from '../schemas/user.ts'

/** The signed-in user. */
export interface Me {
  /** The profile; `account_id` is what to link accounts by. */
  get(options?: RequestOptions): Promise<PrivateUser>
  /** The artists the user listens to most. `time_range`: `short_term` (4 weeks), `medium_term` (6 months, the default), `long_term` (a year). */
  topArtists(query?: Query<'get-users-top-artists'>, options?: RequestOptions): Paginated<Artist>
  /** The tracks the user listens to most, with `time_range` as for `topArtists`. */
  topTracks(query?: Query<'get-users-top-tracks'>, options?: RequestOptions): Paginated<Track>
}

export function me(calls: Calls): Me {
  return {
    get: (options) => calls.send('get-current-users-profile', {}, options),
    topArtists: (query, options) => calls.list('get-users-top-artists', { query }, options),
    topTracks: (query, options) => calls.list('get-users-top-tracks', { query }, options),
  }
}
