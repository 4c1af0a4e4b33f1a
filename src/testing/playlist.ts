import { hash } from './random.ts'

export interface PlaylistRow {
  /** `null` for an item that was removed from the catalogue. */
  readonly uri: string | null
  readonly addedAt: number | null
  readonly addedBy: string | null
}

interface PlaylistInit {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  readonly description?: string | null | undefined
  readonly public?: boolean | undefined
  readonly collaborative?: boolean | undefined
  readonly rows?: readonly PlaylistRow[] | undefined
  readonly createdAt: number
}

/** A playlist and its versions. */
export class FakePlaylist {
  readonly id: string
  readonly ownerId: string
  name: string
  description: string | null
  public: boolean
  collaborative: boolean
  rows: PlaylistRow[]
  /** Set once the owner uploaded an image. */
  cover: string | undefined
  readonly followers = new Set<string>()
  readonly #versions: { readonly id: string; readonly at: number }[] = []

  constructor(init: PlaylistInit) {
    this.id = init.id
    this.ownerId = init.ownerId
    this.name = init.name
    this.description = init.description ?? null
    this.public = init.public ?? true
    this.collaborative = init.collaborative ?? false
    this.rows = [...(init.rows ?? [])]
    this.touch(init.createdAt)
  }

  /** Creates a new version and returns its snapshot id. */
  touch(at: number): string {
    const version = this.#versions.length + 1
    const words = [version, hash(version, this.rows.length, this.id.length), hash(version, this.id.charCodeAt(5), 7)]
    const bytes = words.concat([hash(words[1] ?? 0, 1), hash(words[2] ?? 0, 2), hash(version, 3)])
    const text = bytes.map((word) =>
      String.fromCharCode((word >>> 24) & 255, (word >>> 16) & 255, (word >>> 8) & 255, word & 255),
    )
    const id = btoa(text.join(''))
    this.#versions.push({ id, at })
    return id
  }

  /** The newest snapshot id that is at least `lag` milliseconds old. */
  snapshot(now: number, lag = 0): string {
    const old = lag === 0 ? undefined : this.#versions.findLast((version) => version.at <= now - lag)
    return (old ?? (lag === 0 ? this.#versions.at(-1) : this.#versions[0]))?.id ?? ''
  }

  /** Whether the playlist ever had this snapshot. */
  hasSnapshot(id: string): boolean {
    return this.#versions.some((version) => version.id === id)
  }
}
