import type { Album, SavedAlbum, SimplifiedAlbum } from './album.ts'
import type { Artist } from './artist.ts'
import type { Audiobook, Chapter, SavedAudiobook, SimplifiedAudiobook, SimplifiedChapter } from './audiobook.ts'
import type { AudioAnalysis, AudioFeatures, Category, Recommendations } from './browse.ts'
import type { Image } from './common.ts'
import type { CurrentlyPlaying, Device, PlaybackState, PlayHistory, Queue } from './player.ts'
import type { Playlist, PlaylistItem, SimplifiedPlaylist, Snapshot } from './playlist.ts'
import type { Episode, SavedEpisode, SavedShow, Show, SimplifiedEpisode, SimplifiedShow } from './show.ts'
import type { SimplifiedTrack } from './simplified-track.ts'
import type { SavedTrack, Track } from './track.ts'
import type { PrivateUser, PublicUser } from './user.ts'

/** The kinds of object in responses, by the name that the operations use. */
export interface Kinds {
  album: Album
  artist: Artist
  audioAnalysis: AudioAnalysis
  audioFeatures: AudioFeatures
  audiobook: Audiobook
  boolean: boolean
  category: Category
  chapter: Chapter
  currentlyPlaying: CurrentlyPlaying
  device: Device
  episode: Episode
  image: Image
  playbackState: PlaybackState
  playHistory: PlayHistory
  playlist: Playlist
  playlistItem: PlaylistItem
  privateUser: PrivateUser
  publicUser: PublicUser
  queue: Queue
  recommendations: Recommendations
  savedAlbum: SavedAlbum
  savedAudiobook: SavedAudiobook
  savedEpisode: SavedEpisode
  savedShow: SavedShow
  savedTrack: SavedTrack
  search: Search
  show: Show
  simplifiedAlbum: SimplifiedAlbum
  simplifiedAudiobook: SimplifiedAudiobook
  simplifiedChapter: SimplifiedChapter
  simplifiedEpisode: SimplifiedEpisode
  simplifiedPlaylist: SimplifiedPlaylist
  simplifiedShow: SimplifiedShow
  simplifiedTrack: SimplifiedTrack
  snapshot: Snapshot
  text: string
  track: Track
}
export type Kind = keyof Kinds

/** A page of a list, with Spotify's own names. */
export interface Page<T> {
  readonly items: T[]
  readonly href?: string | null | undefined
  readonly limit?: number | null | undefined
  /** The address of the next page; `null` on the last. */
  readonly next?: string | null | undefined
  readonly offset?: number | null | undefined
  readonly previous?: string | null | undefined
  /** How many items there are altogether, according to Spotify. Unreliable in search results. */
  readonly total?: number | null | undefined
  readonly cursors?:
    | { readonly after?: string | null | undefined; readonly before?: string | null | undefined }
    | null
    | undefined
}

/** A page of each kind that was searched for. Spotify sends `null` in place of an item that this application cannot see. */
interface Search {
  readonly albums?: Page<SimplifiedAlbum | null>
  readonly artists?: Page<Artist | null>
  readonly audiobooks?: Page<SimplifiedAudiobook | null>
  readonly episodes?: Page<SimplifiedEpisode | null>
  readonly playlists?: Page<SimplifiedPlaylist | null>
  readonly shows?: Page<SimplifiedShow | null>
  readonly tracks?: Page<Track | null>
}
