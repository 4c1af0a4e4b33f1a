import { albumOperations } from './albums.ts'
import { artistOperations } from './artists.ts'
import { audioAnalysisOperations } from './audio-analysis.ts'
import { audiobookOperations } from './audiobooks.ts'
import { browseOperations } from './browse.ts'
import { followingOperations } from './following.ts'
import { libraryOperations } from './library.ts'
import type { Operation } from './operation.ts'
import { playerOperations } from './player.ts'
import { playlistItemOperations } from './playlist-items.ts'
import { playlistOperations } from './playlists.ts'
import { recommendationOperations } from './recommendations.ts'
import { savedOperations } from './saved.ts'
import { searchOperations } from './search.ts'
import { showOperations } from './shows.ts'
import { topOperations } from './top.ts'
import { trackOperations } from './tracks.ts'
import { userOperations } from './users.ts'

/** Every operation of the Web API. */
export const operations: readonly Operation[] = [
  ...albumOperations,
  ...artistOperations,
  ...audioAnalysisOperations,
  ...audiobookOperations,
  ...browseOperations,
  ...followingOperations,
  ...libraryOperations,
  ...playerOperations,
  ...playlistItemOperations,
  ...playlistOperations,
  ...recommendationOperations,
  ...savedOperations,
  ...searchOperations,
  ...showOperations,
  ...topOperations,
  ...trackOperations,
  ...userOperations,
]
