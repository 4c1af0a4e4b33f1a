import type { Calls } from './calls.ts'
import { type Albums, albums } from './endpoints/albums.ts'
import { type Artists, artists } from './endpoints/artists.ts'
import { type Audiobooks, audiobooks } from './endpoints/audiobooks.ts'
import { type Browse, browse } from './endpoints/browse.ts'
import { type Chapters, chapters } from './endpoints/chapters.ts'
import { type Episodes, episodes } from './endpoints/episodes.ts'
import { type Following, following } from './endpoints/following.ts'
import { type Library, library } from './endpoints/library.ts'
import { type Me, me } from './endpoints/me.ts'
import { type Player, player } from './endpoints/player.ts'
import { type Playlists, playlists } from './endpoints/playlists.ts'
import { type SearchVerb, search } from './endpoints/search.ts'
import { type Shows, shows } from './endpoints/shows.ts'
import { type Tracks, tracks } from './endpoints/tracks.ts'
import { type Users, users } from './endpoints/users.ts'
import type { OperationId, OperationInput, OperationResult } from './operations/operations.ts'
import type { RequestOptions } from './options.ts'
import type { RequestInput } from './request.ts'

/**
 * The Web API as one user, or as the application. Every method accepts its ids, then its query or body, then
 * {@link RequestOptions}; the names inside queries, bodies and responses are Spotify's own.
 *
 * Every method can throw {@link SpotifyApiError}, what the source of access tokens throws, and for a wrong argument a
 * `TypeError` with the code `INVALID_ARGUMENT`. The caller's own abort is thrown as it is.
 */
export interface SpotifyClient {
  readonly albums: Albums
  readonly artists: Artists
  readonly audiobooks: Audiobooks
  readonly browse: Browse
  readonly chapters: Chapters
  readonly episodes: Episodes
  readonly following: Following
  readonly library: Library
  readonly me: Me
  readonly player: Player
  readonly playlists: Playlists
  readonly search: SearchVerb
  readonly shows: Shows
  readonly tracks: Tracks
  readonly users: Users
  /**
   * Any operation of Spotify's description by its id, those included that were removed in 2024 and 2026, with the
   * parameters, body and response it has there: `client.operation('save-tracks-user', { body: { ids } })`.
   * Sends one request: a long list is not split into batches, and further pages are not read.
   */
  operation<K extends OperationId>(
    id: K,
    ...rest: Record<never, never> extends OperationInput<K>
      ? [input?: OperationInput<K>, options?: RequestOptions]
      : [input: OperationInput<K>, options?: RequestOptions]
  ): Promise<OperationResult<K>>
  /**
   * Any request to the Web API, for what this package does not know yet. `schema` can be of any Standard Schema library;
   * without it the response is not checked.
   * @throws SpotifyApiError `API_BAD_RESPONSE` if the response does not match `schema`
   */
  request<T = unknown>(input: RequestInput<T>, options?: RequestOptions): Promise<T>
}

export function groups(calls: Calls): Omit<SpotifyClient, 'operation' | 'request'> {
  return {
    albums: albums(calls),
    artists: artists(calls),
    audiobooks: audiobooks(calls),
    browse: browse(calls),
    chapters: chapters(calls),
    episodes: episodes(calls),
    following: following(calls),
    library: library(calls),
    me: me(calls),
    player: player(calls),
    playlists: playlists(calls),
    search: search(calls),
    shows: shows(calls),
    tracks: tracks(calls),
    users: users(calls),
  }
}
