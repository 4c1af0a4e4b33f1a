import { Catalogue } from './catalogue/catalogue.ts'
import { title } from './catalogue/names.ts'
import type { FakeClock } from './clock.ts'
import { Ledger } from './grants.ts'
import { historyEnd } from './history-end.ts'
import { Limits } from './limits.ts'
import type { FakeAppMode, FakeClientOptions, FakeSpotifyOptions } from './options.ts'
import { FakePlaylist, type PlaylistRow } from './playlist.ts'
import { between, hash, hashText, idFor } from './random.ts'
import { defaultUsers, FakeUser } from './user.ts'

/** The data of the fake. Tests may change the plain members at any time. */
export class FakeState {
  readonly options: FakeSpotifyOptions
  readonly clock: FakeClock
  readonly catalogue: Catalogue
  readonly ledger: Ledger
  readonly limits: Limits
  readonly users = new Map<string, FakeUser>()
  readonly clients = new Map<string, FakeClientOptions>()
  readonly playlists = new Map<string, FakePlaylist>()
  /** The mode of applications that have none of their own. */
  appMode: FakeAppMode
  /** Whether the application's owner has Premium; without it, development mode refuses every request. */
  ownerPremium = true
  readonly #filledLibraries = new Set<string>()
  #created = 0

  constructor(options: FakeSpotifyOptions, clock: FakeClock, issued = 0) {
    const seed = options.seed ?? 1
    this.options = options
    this.clock = clock
    this.catalogue = new Catalogue(seed, options.catalogue)
    this.ledger = new Ledger(seed, issued)
    this.limits = new Limits(options.limits ?? {})
    this.appMode = options.appMode ?? 'development'
    for (const user of options.users ?? defaultUsers) this.users.set(user.id, new FakeUser(user, this.catalogue))
    for (const client of options.clients ?? []) this.clients.set(client.clientId, client)
  }

  /** The registration of a client id, or undefined if `clients` was set and does not contain it. */
  client(clientId: string): FakeClientOptions | undefined {
    if (this.options.clients === undefined) return clientId === '' ? undefined : { clientId }
    return this.clients.get(clientId)
  }

  /** The mode of an application. */
  mode(clientId: string): FakeAppMode {
    return this.clients.get(clientId)?.appMode ?? this.appMode
  }

  /** The playlists in a user's library, generated on first use: the user's own, then two of the catalogue. */
  library(user: FakeUser): readonly string[] {
    const count = user.library.playlists ?? 7
    if (count === 0 || this.#filledLibraries.has(user.id)) return user.playlists
    this.#filledLibraries.add(user.id)
    const salt = hash(hashText(user.id), this.catalogue.seed)
    for (let index = 0; index < count; index++) {
      const id = idFor(this.catalogue.seed, `playlist ${user.id} ${index}`)
      const size = index === 1 ? 0 : between(3, 40, salt, index)
      this.playlists.set(
        id,
        new FakePlaylist({
          id,
          ownerId: user.id,
          name: title(salt, index),
          description: index % 3 === 0 ? '' : 'Made on a slow afternoon',
          public: index % 2 === 0,
          collaborative: index === 5,
          rows: index === 0 ? this.#edgeCaseRows(user) : this.#rows(user.id, salt + index, size),
          createdAt: historyEnd,
        }),
      )
      user.playlists.push(id)
    }
    const followed = Math.min(2, this.catalogue.count('playlist'))
    for (let index = 0; index < followed; index++) user.playlists.push(this.catalogue.id('playlist', index))
    return user.playlists
  }

  /** A playlist by its id. Public playlists of the catalogue are generated on first use. */
  playlist(id: string): FakePlaylist | undefined {
    const known = this.playlists.get(id)
    if (known !== undefined) return known
    for (const user of this.users.values()) this.library(user)
    const generated = this.playlists.get(id)
    if (generated !== undefined) return generated
    const index = this.catalogue.index('playlist', id)
    if (index === undefined) return undefined
    const { seed } = this.catalogue
    const playlist = new FakePlaylist({
      id,
      ownerId: index % 5 === 0 ? 'spotify' : `listener-${hash(seed, index) % 1000}`,
      name: title(seed, index * 3),
      description: 'A public list',
      rows: this.#rows('listener', seed + index, between(8, 60, seed, index)),
      createdAt: historyEnd,
    })
    this.playlists.set(id, playlist)
    return playlist
  }

  /** An id for a new playlist. */
  newPlaylistId(): string {
    return idFor(this.catalogue.seed, `new playlist ${++this.#created}`)
  }

  #rows(addedBy: string, salt: number, size: number): PlaylistRow[] {
    const total = this.catalogue.count('track')
    return Array.from({ length: total === 0 ? 0 : size }, (_, position) => ({
      uri: `spotify:track:${this.catalogue.id('track', hash(salt, position) % total)}`,
      addedAt: historyEnd - (size - position) * 3_600_000,
      addedBy,
    }))
  }

  /** Edge cases in one playlist: a local file, an episode, a removed track, a row without a date. */
  #edgeCaseRows(user: FakeUser): PlaylistRow[] {
    const rows = this.#rows(user.id, hashText(user.id), 12)
    const at = { addedAt: historyEnd, addedBy: user.id }
    rows.splice(2, 0, { uri: 'spotify:local:The+Attic+Tapes:Demos:Rain+on+the+Roof:187', ...at })
    if (this.catalogue.count('episode') > 0)
      rows.splice(4, 0, { uri: `spotify:episode:${this.catalogue.id('episode', 3)}`, ...at })
    rows.splice(6, 0, { uri: null, ...at })
    rows.push({ uri: `spotify:track:${this.catalogue.id('track', 1)}`, addedAt: null, addedBy: null })
    return rows
  }
}
