import { invalidArgument } from '../../errors.ts'
import type { Calls } from '../calls.ts'
import type { Query } from '../operations/operations.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { SimplifiedAlbum } from '../schemas/album.ts'
import type { Artist } from '../schemas/artist.ts'
import type { SimplifiedAudiobook } from '../schemas/audiobook.ts'
import type { Page } from '../schemas/kinds.ts'
import type { SimplifiedPlaylist } from '../schemas/playlist.ts'
import type { SimplifiedEpisode, SimplifiedShow } from '../schemas/show.ts'
import type { Track } from '../schemas/track.ts'

interface ResultTypes {
  album: SimplifiedAlbum
  artist: Artist
  audiobook: SimplifiedAudiobook
  episode: SimplifiedEpisode
  playlist: SimplifiedPlaylist
  show: SimplifiedShow
  track: Track
}
/** What can be searched for. */
export type SearchType = keyof ResultTypes

/** The first page of the results of one type; it can also be iterated and collected like any list. */
export type SearchPage<T> = Page<T | null> & Paginated<T, T | null>

/** The results, by the plural of each type that was searched for. */
export type SearchResults<T extends SearchType> = { readonly [K in T as `${K}s`]: SearchPage<ResultTypes[K]> }

/** The parameters of a search besides its query and types. */
export type SearchQuery = Omit<Query<'search'>, 'q' | 'type'>

/**
 * Searches the catalogue. Spotify shows the first 1,000 results; `total` is an estimate.
 * @param query the search text; it can contain field filters such as `artist:` and `year:`
 * @param types the kinds of object to search for, in one request
 */
export type SearchVerb = <const T extends SearchType>(
  query: string,
  types: T | readonly T[],
  more?: SearchQuery,
  options?: RequestOptions,
) => Promise<SearchResults<T>>

const searchTypes: ReadonlySet<string> = new Set([
  'album',
  'artist',
  'audiobook',
  'episode',
  'playlist',
  'show',
  'track',
])

export function search(calls: Calls): SearchVerb {
  return async (query, typeOrTypes, more, options) => {
    const type: readonly SearchType[] = typeof typeOrTypes === 'string' ? [typeOrTypes as SearchType] : typeOrTypes
    check(query, type)
    // The keys of the result follow from the types that were searched for.
    return (await calls.search({ ...more, q: query, type }, options)) as SearchResults<(typeof type)[number]>
  }
}

function check(query: string, wanted: readonly string[]): void {
  if (typeof query !== 'string' || query.trim() === '') throw invalidArgument('Expected something to search for.')
  if (wanted.length === 0 || !wanted.every((type) => searchTypes.has(type))) {
    throw invalidArgument(`Expected types to search for: ${[...searchTypes].join(', ')}.`)
  }
}
