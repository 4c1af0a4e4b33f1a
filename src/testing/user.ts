import type { Catalogue } from './catalogue/catalogue.ts'
import { historyEnd } from './history-end.ts'
import { Player } from './player.ts'
import { between, hash, hashText, idFor } from './random.ts'
import { SavedItems } from './saved-items.ts'

/** Number of saved items of each kind. */
export interface LibraryOptions {
  readonly tracks?: number | undefined
  readonly albums?: number | undefined
  readonly artists?: number | undefined
  readonly shows?: number | undefined
  readonly episodes?: number | undefined
  readonly audiobooks?: number | undefined
  /** @default 7 */
  readonly playlists?: number | undefined
}

/** An account at the fake. */
export interface FakeUserOptions {
  /** The id in URLs and in `approve({ user })`. */
  readonly id: string
  /** `null` for accounts without one. @default the id */
  readonly displayName?: string | null | undefined
  readonly email?: string | undefined
  /** ISO 3166-1. @default 'GB' */
  readonly country?: string | undefined
  /** @default 'premium' */
  readonly product?: 'premium' | 'free' | undefined
  /** Whether the user is on the application's allowlist in the dashboard, which development mode requires. @default true */
  readonly allowlisted?: boolean | undefined
  readonly library?: LibraryOptions | undefined
}

/** The users of a fake without the `users` option. */
export const defaultUsers: readonly FakeUserOptions[] = [
  { id: 'ada', displayName: 'Ada Quist', email: 'ada@example.com', country: 'NL' },
  { id: 'ben', displayName: 'Ben Harrow', email: 'ben@example.com', country: 'US', product: 'free' },
  { id: 'cleo', displayName: null, email: 'cleo@example.com', country: 'JP', library: { tracks: 0, playlists: 0 } },
  { id: 'dana', displayName: 'Dana Okonjo', email: 'dana@example.com', country: 'BR', allowlisted: false },
]

/** The kinds of items that can be saved. */
export const savedKinds = ['track', 'album', 'artist', 'show', 'episode', 'audiobook'] as const
export type SavedKind = (typeof savedKinds)[number]

/** An account with its library and player. Tests may change the plain members. */
export class FakeUser {
  readonly id: string
  displayName: string | null
  email: string
  country: string
  product: 'premium' | 'free'
  allowlisted: boolean
  /** Ids of the users that this user follows. */
  readonly follows = new Set<string>()
  /** Playlist ids in the order of the user's library. */
  readonly playlists: string[] = []
  readonly player: Player
  readonly library: LibraryOptions
  readonly #catalogue: Catalogue
  readonly #saved = new Map<SavedKind, SavedItems>()

  constructor(options: FakeUserOptions, catalogue: Catalogue) {
    this.id = options.id
    this.displayName = options.displayName === undefined ? options.id : options.displayName
    this.email = options.email ?? `${options.id}@example.com`
    this.country = options.country ?? 'GB'
    this.product = options.product ?? 'premium'
    this.allowlisted = options.allowlisted ?? true
    this.library = options.library ?? {}
    this.#catalogue = catalogue
    this.player = new Player(options.id, catalogue)
  }

  /** 22 characters that do not change with the name: `account_id` of the profile. */
  get accountId(): string {
    return idFor(this.#catalogue.seed, `account ${this.id}`)
  }

  /** The saved items of a kind, generated on first use. */
  saved(kind: SavedKind): SavedItems {
    const known = this.#saved.get(kind)
    if (known !== undefined) return known
    const configured =
      this.library[`${kind}s`] ?? { track: 120, album: 14, artist: 23, show: 5, episode: 8, audiobook: 2 }[kind]
    const total = this.#catalogue.count(kind)
    const size = Math.min(configured, total)
    const start = hash(hashText(this.id), this.#catalogue.seed, savedKinds.indexOf(kind)) % Math.max(1, total)
    const items: { id: string; addedAt: number }[] = []
    let addedAt = historyEnd
    for (let position = 0; position < size; position++) {
      addedAt -= between(60_000, 172_800_000, start, position)
      items.push({
        id: this.#catalogue.id(kind, (start + position * stride(total)) % total),
        addedAt: addedAt - (addedAt % 1000),
      })
    }
    const saved = new SavedItems(items)
    this.#saved.set(kind, saved)
    return saved
  }
}

/** A step that reaches every index before it repeats one. */
function stride(total: number): number {
  for (const step of [37, 41, 43, 1]) if (total % step !== 0) return step
  return 1
}
