import { invalidArgument } from '../../errors.ts'
import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { Artist } from '../schemas/artist.ts'
import { parseReference } from '../uri.ts'

/** The kind of object that bare ids refer to. */
export interface FollowQuery {
  /** For bare ids; URIs and links contain their kind. @default 'artist' */
  readonly type?: 'artist' | 'user' | undefined
}

/** The artists and users that the user follows, each named by id, URI or link. */
export interface Following {
  /** The artists the user follows. */
  artists(query?: Omit<Query<'get-followed'>, 'type'>, options?: RequestOptions): Paginated<Artist>
  /**
   * Follows any number of artists and users: through the library, or with extended quota by the older operation.
   * @throws SpotifyApiError `API_PARTLY_DONE` with `done` if a later request failed
   */
  follow(ids: readonly string[], query?: FollowQuery, options?: RequestOptions): Promise<void>
  /** Unfollows artists and users. Throws as `follow` does. */
  unfollow(ids: readonly string[], query?: FollowQuery, options?: RequestOptions): Promise<void>
  /** Whether the user follows each, in the order of `ids`. */
  contains(ids: readonly string[], query?: FollowQuery, options?: RequestOptions): Promise<boolean[]>
}

export function following(calls: Calls): Following {
  const uris = (ids: readonly string[], query?: FollowQuery) => ids.map((id) => followUri(id, query?.type))
  const change =
    (modern: 'save-library-items' | 'remove-library-items', older: 'follow-artists-users' | 'unfollow-artists-users') =>
    async (ids: readonly string[], query?: FollowQuery, options?: RequestOptions): Promise<void> => {
      const all = uris(ids, query)
      if (calls.mode === 'development') return calls.changeLibrary(modern, all, options)
      for (const type of followTypes) {
        await calls.batches(older, ofType(type, all), (batch) =>
          calls.send(older, { query: { type, ids: batch.map(idOfUri) } }, options),
        )
      }
    }
  return {
    artists: (query, options) => calls.list('get-followed', { query: { ...query, type: 'artist' } }, options),
    follow: change('save-library-items', 'follow-artists-users'),
    unfollow: change('remove-library-items', 'unfollow-artists-users'),
    contains: async (ids, query, options) => {
      const all = uris(ids, query)
      if (calls.mode === 'development') return calls.libraryContains(all, options)
      const followed = new Set<string>()
      for (const type of followTypes) {
        const wanted = ofType(type, all)
        const results = await calls.batches('check-current-user-follows', wanted, (batch) =>
          calls.send('check-current-user-follows', { query: { type, ids: batch.map(idOfUri) } }, options),
        )
        for (const [index, follows] of results.flat().entries()) if (follows) followed.add(wanted[index] ?? '')
      }
      return all.map((uri) => followed.has(uri))
    },
  }
}

const followTypes = ['artist', 'user'] as const

function followUri(id: string, type: 'artist' | 'user' = 'artist'): string {
  const { kind = type, id: bare } = parseReference(id)
  if (kind !== 'artist' && kind !== 'user') throw invalidArgument('Expected an artist or a user.')
  return `spotify:${kind}:${bare}`
}

function ofType(type: string, uris: readonly string[]): string[] {
  return uris.filter((uri) => uri.startsWith(`spotify:${type}:`))
}

function idOfUri(uri: string): string {
  return uri.replace(/^spotify:\w+:/, '')
}
