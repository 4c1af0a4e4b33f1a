import { album, savedAlbum, simplifiedAlbum } from './album.ts'
import { artist } from './artist.ts'
import { audiobook, chapter, savedAudiobook, simplifiedAudiobook, simplifiedChapter } from './audiobook.ts'
import { audioAnalysis, audioFeatures, category, recommendations } from './browse.ts'
import { image } from './common.ts'
import type { Kind } from './kinds.ts'
import { boolean, maybe, object, pageOf, string } from './object.ts'
import { currentlyPlaying, device, playbackState, playHistory, queue } from './player.ts'
import { playlist, playlistItem, simplifiedPlaylist, snapshot } from './playlist.ts'
import { episode, savedEpisode, savedShow, show, simplifiedEpisode, simplifiedShow } from './show.ts'
import { simplifiedTrack } from './simplified-track.ts'
import { savedTrack, track } from './track.ts'
import { privateUser, publicUser } from './user.ts'
import type { $ZodType } from './zod.ts'

const search = object({
  albums: maybe(pageOf(simplifiedAlbum)),
  artists: maybe(pageOf(artist)),
  audiobooks: maybe(pageOf(simplifiedAudiobook)),
  episodes: maybe(pageOf(simplifiedEpisode)),
  playlists: maybe(pageOf(simplifiedPlaylist)),
  shows: maybe(pageOf(simplifiedShow)),
  tracks: maybe(pageOf(track)),
})

/** The schema of each kind. */
export const schemas: Readonly<Record<Kind, $ZodType>> = {
  album,
  artist,
  audioAnalysis,
  audioFeatures,
  audiobook,
  boolean,
  category,
  chapter,
  currentlyPlaying,
  device,
  episode,
  image,
  playbackState,
  playHistory,
  playlist,
  playlistItem,
  privateUser,
  publicUser,
  queue,
  recommendations,
  savedAlbum,
  savedAudiobook,
  savedEpisode,
  savedShow,
  savedTrack,
  search,
  show,
  simplifiedAlbum,
  simplifiedAudiobook,
  simplifiedChapter,
  simplifiedEpisode,
  simplifiedPlaylist,
  simplifiedShow,
  simplifiedTrack,
  snapshot,
  text: string,
  track,
}
