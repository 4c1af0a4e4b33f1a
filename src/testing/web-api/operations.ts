import { albumOperations } from './albums.ts'
import { libraryOperations } from './library.ts'
import type { Operation } from './operation.ts'
import { playlistItemOperations } from './playlist-items.ts'
import { playlistOperations } from './playlists.ts'
import { savedOperations } from './saved.ts'
import { searchOperations } from './search.ts'
import { showOperations } from './shows.ts'
import { trackOperations } from './tracks.ts'
import { userOperations } from './users.ts'

/** Every operation of the Web API. */
export const operations: readonly Operation[] = [
  ...albumOperations,
  ...libraryOperations,
  ...playlistItemOperations,
  ...playlistOperations,
  ...savedOperations,
  ...searchOperations,
  ...showOperations,
  ...trackOperations,
  ...userOperations,
]
