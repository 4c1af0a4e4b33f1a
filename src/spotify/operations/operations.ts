import type { Kinds, Page } from '../schemas/kinds.ts'
import { albumOperations } from './albums.ts'
import { artistOperations } from './artists.ts'
import { audiobookOperations } from './audiobooks.ts'
import { browseOperations } from './browse.ts'
import { chapterOperations } from './chapters.ts'
import { episodeOperations } from './episodes.ts'
import { followingOperations } from './following.ts'
import { legacyLibraryOperations } from './legacy-library.ts'
import { legacyPlaylistOperations } from './legacy-playlists.ts'
import { libraryOperations } from './library.ts'
import { meOperations } from './me.ts'
import type { Input, OperationData, PathNames } from './operation.ts'
import { playerOperations } from './player.ts'
import { playlistOperations } from './playlists.ts'
import { searchOperations } from './search.ts'
import { showOperations } from './shows.ts'
import { trackOperations } from './tracks.ts'
import { userOperations } from './users.ts'

/** Every operation of the Web API by its id in Spotify's description. */
export const operations = {
  ...albumOperations,
  ...artistOperations,
  ...audiobookOperations,
  ...browseOperations,
  ...chapterOperations,
  ...episodeOperations,
  ...followingOperations,
  ...legacyLibraryOperations,
  ...legacyPlaylistOperations,
  ...libraryOperations,
  ...meOperations,
  ...playerOperations,
  ...playlistOperations,
  ...searchOperations,
  ...showOperations,
  ...trackOperations,
  ...userOperations,
}

type Operations = typeof operations
/** The id of an operation, such as `get-an-album`. */
export type OperationId = keyof Operations

/** The data of an operation whose id is not known at compile time. */
export function operationOf(id: OperationId): OperationData {
  return operations[id]
}

/** The query parameters of an operation. */
export type Query<K extends OperationId> = Operations[K] extends { readonly query: infer Q }
  ? Input<Q>
  : Record<never, never>

/** The body of an operation. */
export type Body<K extends OperationId> = Operations[K] extends { readonly body: infer B }
  ? B extends 'image/jpeg'
    ? string
    : Input<B>
  : undefined

type Path<K extends OperationId> = { readonly [N in PathNames<Operations[K]['path']>]: string }

type Part<Name extends string, T> =
  Record<never, never> extends T ? { readonly [N in Name]?: T | undefined } : { readonly [N in Name]: T }

/** The input of an operation: path, query and body. */
export type OperationInput<K extends OperationId> = Part<'path', Path<K>> &
  Part<'query', Query<K>> &
  (Operations[K] extends { readonly body: unknown } ? Part<'body', Body<K>> : { readonly body?: undefined })

type KindOf<O> = O extends { readonly response: infer A extends keyof Kinds } ? Kinds[A] : undefined

/** The result of an operation: the response's body, normalised but otherwise as Spotify sends it. */
export type OperationResult<K extends OperationId> = Operations[K] extends { readonly response: string }
  ? Operations[K] extends { readonly paging: string; readonly within: infer W extends string }
    ? { readonly [N in W]: Page<KindOf<Operations[K]>> }
    : Operations[K] extends { readonly paging: string }
      ? Page<KindOf<Operations[K]>>
      : Operations[K] extends { readonly many: infer M }
        ? M extends string
          ? { readonly [N in M]: (KindOf<Operations[K]> | null)[] }
          : KindOf<Operations[K]>[]
        : KindOf<Operations[K]>
  : undefined

/** The operations that return a page. */
export type PagedId = { [K in OperationId]: Operations[K] extends { readonly paging: string } ? K : never }[OperationId]
/** The items of such a page. */
export type ItemOf<K extends PagedId> = KindOf<Operations[K]>

/** The operations on one object, whose id is in the path. */
export type OneId = {
  [K in OperationId]: [PathNames<Operations[K]['path']>] extends [never] ? never : K
}[OperationId]

/** The operations that accept a list of ids and return a list under a key. */
export type ManyId = {
  [K in OperationId]: Operations[K] extends { readonly many: string; readonly batch: unknown } ? K : never
}[OperationId]
export type MemberOf<K extends ManyId> = KindOf<Operations[K]>
