import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { SavedAlbum } from '../schemas/album.ts'
import type { SavedAudiobook } from '../schemas/audiobook.ts'
import type { SavedEpisode, SavedShow } from '../schemas/show.ts'
import type { SavedTrack } from '../schemas/track.ts'
import { uriOf } from '../uri.ts'

/** What the user saved. In the pages of its lists, `null` is an item that is gone or not available in the user's market. */
export interface Library {
  /** Saved albums, newest first. */
  albums(query?: Query<'get-users-saved-albums'>, options?: RequestOptions): Paginated<SavedAlbum, SavedAlbum | null>
  /** Saved audiobooks, newest first. */
  audiobooks(
    query?: Query<'get-users-saved-audiobooks'>,
    options?: RequestOptions,
  ): Paginated<SavedAudiobook, SavedAudiobook | null>
  /** Saved episodes, newest first. */
  episodes(
    query?: Query<'get-users-saved-episodes'>,
    options?: RequestOptions,
  ): Paginated<SavedEpisode, SavedEpisode | null>
  /** Saved shows, newest first. */
  shows(query?: Query<'get-users-saved-shows'>, options?: RequestOptions): Paginated<SavedShow, SavedShow | null>
  /** The saved tracks, newest first. */
  tracks(query?: Query<'get-users-saved-tracks'>, options?: RequestOptions): Paginated<SavedTrack, SavedTrack | null>
  /**
   * Saves any number of tracks, albums, episodes, shows and audiobooks, and follows artists, users and playlists.
   * 40 to a request.
   * @param uris `spotify:` URIs or open.spotify.com links
   * @throws SpotifyApiError `API_PARTLY_DONE` with `done` if a later request failed
   */
  save(uris: readonly string[], options?: RequestOptions): Promise<void>
  /** Removes what `save` saved, 40 to a request. Throws as `save` does. */
  remove(uris: readonly string[], options?: RequestOptions): Promise<void>
  /** Whether each is saved or followed, in the order of `uris`; 40 to a request. */
  contains(uris: readonly string[], options?: RequestOptions): Promise<boolean[]>
}

const savable = ['track', 'album', 'episode', 'show', 'audiobook', 'artist', 'user', 'playlist', 'chapter'] as const

export function library(calls: Calls): Library {
  const uris = (references: readonly string[]): string[] => references.map((uri) => uriOf(savable, uri))
  return {
    albums: (query, options) => calls.list('get-users-saved-albums', { query }, options),
    audiobooks: (query, options) => calls.list('get-users-saved-audiobooks', { query }, options),
    episodes: (query, options) => calls.list('get-users-saved-episodes', { query }, options),
    shows: (query, options) => calls.list('get-users-saved-shows', { query }, options),
    tracks: (query, options) => calls.list('get-users-saved-tracks', { query }, options),
    save: async (references, options) => calls.changeLibrary('save-library-items', uris(references), options),
    remove: async (references, options) => calls.changeLibrary('remove-library-items', uris(references), options),
    contains: async (references, options) => calls.libraryContains(uris(references), options),
  }
}
