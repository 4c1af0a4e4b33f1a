/**
 * The Web API client, on its own: bring an access token.
 *
 * @example
 * ```ts
 * import { createSpotify } from 'stagedoor/spotify'
 *
 * const client = createSpotify().as(async () => process.env.ACCESS_TOKEN ?? '')
 * const albums = await client.library.albums().toArray({ max: 100 })
 * ```
 *
 * @module
 */

export { isStagedoorError, SpotifyApiError, type SpotifyApiErrorCode, type SpotifyApiErrorDetails } from '../errors.ts'
export type { CallOptions } from '../internal/signal.ts'
export { type AdaptiveLimiterOptions, adaptiveLimiter } from '../limits/adaptive/adaptive-limiter.ts'
export type {
  CircuitEvents,
  Cooldown,
  Limiter,
  LimiterEvents,
  LimiterState,
  ScheduleOptions,
  Slot,
} from '../limits/limiter.ts'
export type { SpotifyClient } from './client.ts'
export type { Albums } from './endpoints/albums.ts'
export type { Artists } from './endpoints/artists.ts'
export type { Audiobooks } from './endpoints/audiobooks.ts'
export type { Browse } from './endpoints/browse.ts'
export type { Chapters } from './endpoints/chapters.ts'
export type { Episodes } from './endpoints/episodes.ts'
export type { Following, FollowQuery } from './endpoints/following.ts'
export type { Library } from './endpoints/library.ts'
export type { Me } from './endpoints/me.ts'
export type { Player, PlayInput } from './endpoints/player.ts'
export type { Playlists, Selected } from './endpoints/playlists.ts'
export type { SearchPage, SearchQuery, SearchResults, SearchType, SearchVerb } from './endpoints/search.ts'
export type { Shows } from './endpoints/shows.ts'
export type { Tracks } from './endpoints/tracks.ts'
export type { Users } from './endpoints/users.ts'
export type { SpotifyEvents } from './events.ts'
export type { AppMode, Method, OperationData, Scope } from './operations/operation.ts'
export {
  type Body,
  type OperationId,
  type OperationInput,
  type OperationResult,
  operations,
  type Query,
} from './operations/operations.ts'
export type { AccessTokenSource, RequestOptions, ScopeSource, SpotifyOptions } from './options.ts'
export type { Paginated } from './paginate.ts'
export { path } from './path.ts'
export type { RequestInput, StandardResult, StandardSchema } from './request.ts'
export type { Album, SavedAlbum, SimplifiedAlbum } from './schemas/album.ts'
export type { Artist, SimplifiedArtist } from './schemas/artist.ts'
export type {
  Audiobook,
  Chapter,
  SavedAudiobook,
  SimplifiedAudiobook,
  SimplifiedChapter,
} from './schemas/audiobook.ts'
export type { AudioAnalysis, AudioFeatures, Category, Recommendations } from './schemas/browse.ts'
export type { Context, Copyright, Image } from './schemas/common.ts'
export type { Kinds, Page } from './schemas/kinds.ts'
export type { CurrentlyPlaying, Device, PlaybackState, PlayHistory, Queue } from './schemas/player.ts'
export type { Playable, Playlist, PlaylistItem, SimplifiedPlaylist, Snapshot } from './schemas/playlist.ts'
export type { Episode, SavedEpisode, SavedShow, Show, SimplifiedEpisode, SimplifiedShow } from './schemas/show.ts'
export type { LinkedTrack, SimplifiedTrack } from './schemas/simplified-track.ts'
export type { SavedTrack, Track } from './schemas/track.ts'
export type { PrivateUser, PublicUser } from './schemas/user.ts'
export { type OperationName, scopesFor } from './scopes.ts'
export { createSpotify, type Spotify, type SpotifyHealth } from './spotify.ts'
export type { Kind as ReferenceKind, SpotifyUri } from './uri.ts'
