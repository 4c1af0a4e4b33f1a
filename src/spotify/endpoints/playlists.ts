import type { Calls } from '../calls.ts'
import { inBatches } from '../chunk.ts'
import type { Body, Query } from '../operations/operations.ts'
import { playlistOperations } from '../operations/playlists.ts'
import type { RequestOptions } from '../options.ts'
import type { Paginated } from '../paginate.ts'
import type { Image } from '../schemas/common.ts'
import type { Playlist, PlaylistItem, SimplifiedPlaylist, Snapshot } from '../schemas/playlist.ts'
import { idOf, uriOf } from '../uri.ts'
import { jpeg } from './cover-image.ts'

/** The form of a response when `fields` chose what is in it. */
export type Selected<T> = T extends readonly (infer U)[]
  ? Selected<U>[]
  : T extends object
    ? { [K in keyof T]?: Selected<T[K]> }
    : T

type AllFields<Q> = Omit<Q, 'fields'> & { readonly fields?: undefined }
type WithFields<Q> = Q & { readonly fields: string }

/** Playlists. A playlist is named by its id, its `spotify:playlist:` URI or its open.spotify.com link. */
export interface Playlists {
  /**
   * One playlist with the first page of its rows. `fields` chooses what Spotify sends, e.g. `name,items(total)`; then any field
   * can be absent.
   */
  get(id: string, query?: AllFields<Query<'get-playlist'>>, options?: RequestOptions): Promise<Playlist>
  /** One playlist with the fields that were chosen; any of them can be absent. */
  get(id: string, query: WithFields<Query<'get-playlist'>>, options?: RequestOptions): Promise<Selected<Playlist>>
  /** The playlists the user owns or follows. Spotify sends `null` in place of those that this application cannot see. */
  list(
    query?: Query<'get-a-list-of-current-users-playlists'>,
    options?: RequestOptions,
  ): Paginated<SimplifiedPlaylist, SimplifiedPlaylist | null>
  /**
   * The public playlists of a user.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `list` for the signed-in user.
   */
  ofUser(
    userId: string,
    query?: Query<'get-list-users-playlists'>,
    options?: RequestOptions,
  ): Paginated<SimplifiedPlaylist, SimplifiedPlaylist | null>
  /** Creates a playlist for the signed-in user. Not repeated unless `retries` is given. */
  create(input: Body<'create-playlist'>, options?: RequestOptions): Promise<Playlist>
  /**
   * Creates a playlist for the user, who must be the signed-in one.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `create`.
   */
  createForUser(userId: string, input: Body<'create-playlist-for-user'>, options?: RequestOptions): Promise<Playlist>
  /** Changes name, description and visibility. */
  update(id: string, input: Body<'change-playlist-details'>, options?: RequestOptions): Promise<void>
  /** The rows of a playlist of which the user is owner or collaborator. `fields` chooses what Spotify sends, e.g. `items(item(name,uri))`. */
  items(id: string, query?: AllFields<Query<'get-playlists-items'>>, options?: RequestOptions): Paginated<PlaylistItem>
  /** The rows of a playlist with the fields that were chosen; any of them can be absent. */
  items(
    id: string,
    query: WithFields<Query<'get-playlists-items'>>,
    options?: RequestOptions,
  ): Paginated<Selected<PlaylistItem>>
  /**
   * Adds any number of tracks and episodes in their order, at the end or at `position` (from 0); 100 to a request.
   * @throws SpotifyApiError `API_PARTLY_DONE` with `done` if a later request failed
   */
  addItems(
    id: string,
    uris: readonly string[],
    input?: { readonly position?: number | undefined },
    options?: RequestOptions,
  ): Promise<Snapshot>
  /**
   * Replaces all rows: one request replaces them by the first 100, further requests add the others.
   * Throws as `addItems` does.
   */
  replaceItems(id: string, uris: readonly string[], options?: RequestOptions): Promise<Snapshot>
  /**
   * Removes every row that contains one of `uris`; 100 to a request, each against the version that the previous one created.
   * Throws as `addItems` does.
   */
  removeItems(
    id: string,
    uris: readonly string[],
    input?: { readonly snapshot_id?: string | undefined },
    options?: RequestOptions,
  ): Promise<Snapshot>
  /** Moves `range_length` rows (default 1) from `range_start` to before `insert_before`. Not repeated unless `retries` is given. */
  reorderItems(
    id: string,
    input: {
      readonly range_start: number
      readonly insert_before: number
      readonly range_length?: number | undefined
      readonly snapshot_id?: string | undefined
    },
    options?: RequestOptions,
  ): Promise<Snapshot>
  /** The cover in several sizes. The addresses stop working within a day. */
  coverImages(id: string, options?: RequestOptions): Promise<Image[]>
  /** Replaces the cover by a JPEG: its bytes or their base64, at most 256 KB as base64. */
  setCoverImage(id: string, image: Uint8Array | string, options?: RequestOptions): Promise<void>
  /** Adds the playlist to the user's library. `public: false` needs extended quota. */
  follow(id: string, input?: Body<'follow-playlist'>, options?: RequestOptions): Promise<void>
  /** Removes the playlist from the user's library; this is also how a user deletes their own playlist. */
  unfollow(id: string, options?: RequestOptions): Promise<void>
  /** Whether the signed-in user, or with extended quota another one, follows the playlist. */
  isFollowedBy(id: string, userId?: string, options?: RequestOptions): Promise<boolean>
}

const playable = ['track', 'episode', 'chapter', 'local'] as const
const allItemTypes = { additional_types: 'track,episode' } as const

export function playlists(calls: Calls): Playlists {
  const path = (id: string) => ({ playlist_id: idOf('playlist', id) })
  const uri = (id: string) => `spotify:playlist:${idOf('playlist', id)}`
  const itemUris = (uris: readonly string[]) => uris.map((uri) => uriOf(playable, uri))
  const size = playlistOperations['add-items-to-playlist'].batch.size

  const currentSnapshot = async (id: string, options?: RequestOptions): Promise<Snapshot> => {
    const { snapshot_id = '' } = await get(id, { fields: 'snapshot_id' }, options)
    return { snapshot_id: snapshot_id ?? '' }
  }
  const createAdder = (id: string, start: number | undefined, options?: RequestOptions) => {
    let position = start
    return async (uris: readonly string[]): Promise<Snapshot> => {
      const body = position === undefined ? { uris } : { uris, position }
      if (position !== undefined) position += uris.length
      return calls.send('add-items-to-playlist', { path: path(id), body }, options)
    }
  }

  async function get(id: string, query?: AllFields<Query<'get-playlist'>>, options?: RequestOptions): Promise<Playlist>
  async function get(
    id: string,
    query: WithFields<Query<'get-playlist'>>,
    options?: RequestOptions,
  ): Promise<Selected<Playlist>>
  async function get(id: string, query?: Query<'get-playlist'>, options?: RequestOptions): Promise<Playlist> {
    return calls.one('get-playlist', 'playlist', id, { ...allItemTypes, ...query }, options)
  }

  function items(
    id: string,
    query?: AllFields<Query<'get-playlists-items'>>,
    options?: RequestOptions,
  ): Paginated<PlaylistItem>
  function items(
    id: string,
    query: WithFields<Query<'get-playlists-items'>>,
    options?: RequestOptions,
  ): Paginated<Selected<PlaylistItem>>
  function items(id: string, query?: Query<'get-playlists-items'>, options?: RequestOptions): Paginated<PlaylistItem> {
    // Without these fields the list would seem to end with its first page.
    const fields = query?.fields === undefined ? undefined : `${query.fields},next,offset,limit,total`
    return calls.list('get-playlists-items', { path: path(id), query: { ...allItemTypes, ...query, fields } }, options)
  }

  return {
    get,
    list: (query, options) => calls.list('get-a-list-of-current-users-playlists', { query }, options),
    ofUser: (userId, query, options) =>
      calls.list('get-list-users-playlists', { path: { user_id: idOf('user', userId) }, query }, options),
    create: (body, options) => calls.send('create-playlist', { body }, options),
    createForUser: async (userId, body, options) =>
      calls.send('create-playlist-for-user', { path: { user_id: idOf('user', userId) }, body }, options),
    update: async (id, body, options) => calls.send('change-playlist-details', { path: path(id), body }, options),
    items,
    addItems: async (id, references, input, options) => {
      const uris = itemUris(references)
      return (
        last(await inBatches(uris, size, createAdder(id, input?.position, options))) ?? currentSnapshot(id, options)
      )
    },
    replaceItems: async (id, references, options) => {
      const add = createAdder(id, undefined, options)
      const replace = async (uris: readonly string[]): Promise<Snapshot> =>
        calls.send('reorder-or-replace-playlists-items', { path: path(id), body: { uris } }, options, {
          idempotent: true,
        })
      const uris = itemUris(references)
      const first = inBatches(uris, size, (batch, index) => (index === 0 ? replace(batch) : add(batch)))
      return last(await first) ?? replace([])
    },
    removeItems: async (id, references, input, options) => {
      let version = input?.snapshot_id
      // One request removes every row with the URI, so a URI that is named twice must not be sent twice.
      const uris = [...new Set(itemUris(references))]
      const results = await inBatches(uris, size, async (batch) => {
        const body = { items: batch.map((uri) => ({ uri })), snapshot_id: version }
        const snapshot = await calls.send('remove-items-playlist', { path: path(id), body }, options)
        version = snapshot.snapshot_id
        return snapshot
      })
      return last(results) ?? currentSnapshot(id, options)
    },
    reorderItems: async (id, body, options) =>
      calls.send('reorder-or-replace-playlists-items', { path: path(id), body: { ...body } }, options),
    coverImages: (id, options) => calls.one('get-playlist-cover', 'playlist', id, undefined, options),
    setCoverImage: async (id, image, options) =>
      calls.send('upload-custom-playlist-cover', { path: path(id), body: jpeg(image) }, options),
    follow: async (id, body, options) =>
      calls.mode === 'development'
        ? calls.changeLibrary('save-library-items', [uri(id)], options)
        : calls.send('follow-playlist', { path: path(id), body: { ...body } }, options),
    unfollow: async (id, options) =>
      calls.mode === 'development'
        ? calls.changeLibrary('remove-library-items', [uri(id)], options)
        : calls.send('unfollow-playlist', { path: path(id) }, options),
    isFollowedBy: async (id, userId, options) => {
      if (calls.mode === 'development' && userId === undefined) {
        const [follows] = await calls.libraryContains([uri(id)], options)
        return follows === true
      }
      const ids = userId === undefined ? undefined : [idOf('user', userId)]
      const input = { path: path(id), query: { ids } }
      const [follows] = await calls.send('check-if-user-follows-playlist', input, options)
      return follows === true
    },
  }
}

function last<T>(list: readonly T[]): T | undefined {
  return list[list.length - 1]
}
