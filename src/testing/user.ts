import type { Catalogue } from './catalogue/catalogue.ts'
import { epoch } from './epoch.ts'
import { Player } from './player.ts'
import { between, hash, hashText, idFor } from './random.ts'
import { Shelf } from './shelf.ts'

/** How much a user has saved. */
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
  /** The name in URLs and in `approve({ user })`. */
  readonly id: string
  /** `null` for accounts without one. @default the id */
  readonly displayName?: string | null | undefined
  readonly email?: string | undefined
  /** ISO 3166-1. @default 'GB' */
  readonly country?: string | undefined
  /** @default 'premium' */
  readonly product?: 'premium' | 'free' | undefined
  /** Whether the user is on the application's list in the dashboard, which development mode asks for. @default true */
  readonly allowlisted?: boolean | undefined
  readonly library?: LibraryOptions | undefined
}

/** Who can sign in unless the options say otherwise. */
export const defaultUsers: readonly FakeUserOptions[] = [
  { id: 'ada', displayName: 'Ada Quist', email: 'ada@example.com', country: 'NL' },
  { id: 'ben', displayName: 'Ben Harrow', email: 'ben@example.com', country: 'US', product: 'free' },
  { id: 'cleo', displayName: null, email: 'cleo@example.com', country: 'JP', library: { tracks: 0, playlists: 0 } },
  { id: 'dana', displayName: 'Dana Okonjo', email: 'dana@example.com', country: 'BR', allowlisted: false },
]

const shelves = ['track', 'album', 'artist', 'show', 'episode', 'audiobook'] as const
export type ShelfKind = (typeof shelves)[number]

/** An account: who they are, what they saved, what they play. Change the plain members to change the account. */
export class FakeUser {
  readonly id: string
  displayName: string | null
  email: string
  country: string
  product: 'premium' | 'free'
  allowlisted: boolean
  /** Other people this user follows. */
  readonly follows = new Set<string>()
  /** Playlist ids in the order of the user's library. */
  readonly playlists: string[] = []
  readonly player: Player
  readonly library: LibraryOptions
  readonly #catalogue: Catalogue
  readonly #shelves = new Map<ShelfKind, Shelf>()

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

  /** 22 characters that stay when the name changes: `account_id` of the profile. */
  get accountId(): string {
    return idFor(this.#catalogue.seed, `account ${this.id}`)
  }

  /** What the user saved of this kind, made up on first use. */
  saved(kind: ShelfKind): Shelf {
    const known = this.#shelves.get(kind)
    if (known !== undefined) return known
    const wanted =
      this.library[`${kind}s`] ?? { track: 120, album: 14, artist: 23, show: 5, episode: 8, audiobook: 2 }[kind]
    const total = this.#catalogue.count(kind)
    const size = Math.min(wanted, total)
    const start = hash(hashText(this.id), this.#catalogue.seed, shelves.indexOf(kind)) % Math.max(1, total)
    const items: { id: string; addedAt: number }[] = []
    let addedAt = epoch
    for (let position = 0; position < size; position++) {
      addedAt -= between(60_000, 172_800_000, start, position)
      items.push({
        id: this.#catalogue.id(kind, (start + position * stride(total)) % total),
        addedAt: addedAt - (addedAt % 1000),
      })
    }
    const shelf = new Shelf(items)
    this.#shelves.set(kind, shelf)
    return shelf
  }
}

/** A step that reaches every index before it repeats one. */
function stride(total: number): number {
  for (const step of [37, 41, 43, 1]) if (total % step !== 0) return step
  return 1
}
