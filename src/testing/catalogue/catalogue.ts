import { fromBase62, hash, hex, toBase62 } from '../random.ts'

const kinds = ['artist', 'album', 'track', 'show', 'episode', 'audiobook', 'chapter', 'playlist', 'relinked'] as const
/** A kind of object in the catalogue. */
export type CatalogueKind = (typeof kinds)[number]

/** A range of consecutive objects that belong to one parent: an album's tracks, a show's episodes. */
interface Run {
  readonly index: number
  readonly first: number
  readonly count: number
}

/** Ways to divide a block of fixed size into runs, so that lookups in both directions need no stored data. */
interface Partition {
  readonly size: number
  readonly cuts: readonly [readonly number[], ...(readonly number[])[]]
}
const albumCuts: Partition = {
  size: 12,
  cuts: [
    [8, 1, 3],
    [10, 1, 1],
    [6, 4, 2],
    [7, 3, 2],
    [9, 2, 1],
  ],
}
const artistCuts: Partition = {
  size: 24,
  cuts: [
    [3, 3, 6, 12],
    [6, 3, 12, 3],
    [12, 6, 3, 3],
  ],
}
const showCuts: Partition = {
  size: 60,
  cuts: [
    [38, 16, 6],
    [21, 24, 15],
    [52, 5, 3],
  ],
}
const bookCuts: Partition = {
  size: 30,
  cuts: [
    [18, 12],
    [9, 21],
    [23, 7],
  ],
}

/** The size of the catalogue. */
export interface CatalogueOptions {
  /** Number of tracks, 10 to 100,000. The numbers of artists and albums are derived from it. @default 1000 */
  readonly tracks?: number | undefined
  /** Number of podcast episodes. @default 240 */
  readonly episodes?: number | undefined
  /** Number of audiobook chapters. @default 90 */
  readonly chapters?: number | undefined
  /** Number of public playlists of other users. @default 60 */
  readonly playlists?: number | undefined
}

/** A generated catalogue. Every object is derived from the seed and an index when it is needed. */
export class Catalogue {
  readonly seed: number
  readonly #counts: Readonly<Record<CatalogueKind, number>>
  readonly #ids = new Map<number, string>()

  constructor(seed: number, options: CatalogueOptions = {}) {
    const tracks = options.tracks ?? 1000
    const episodes = options.episodes ?? 240
    const chapters = options.chapters ?? 90
    this.seed = seed
    const albums = tracks === 0 ? 0 : this.#runOf(albumCuts, 1, tracks - 1).index + 1
    this.#counts = {
      track: tracks,
      relinked: tracks,
      album: albums,
      artist: albums === 0 ? 0 : this.#runOf(artistCuts, 2, albums - 1).index + 1,
      episode: episodes,
      show: episodes === 0 ? 0 : this.#runOf(showCuts, 3, episodes - 1).index + 1,
      chapter: chapters,
      audiobook: chapters === 0 ? 0 : this.#runOf(bookCuts, 4, chapters - 1).index + 1,
      playlist: options.playlists ?? 60,
    }
  }

  /** The number of objects of a kind. */
  count(kind: CatalogueKind): number {
    return this.#counts[kind]
  }

  /** The Spotify-like id of the object with this index. `index` is the reverse. */
  id(kind: CatalogueKind, index: number): string {
    const salt = kinds.indexOf(kind)
    const key = index * kinds.length + salt
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const a = hash(this.seed, salt, index, 0xa1)
    const b = hash(this.seed, salt, index, 0xb2)
    const id = toBase62([a, b, (index ^ hash(this.seed, salt, a, b)) >>> 0, hash(a, b, index, salt)])
    if (this.#ids.size > 50_000) this.#ids.clear()
    this.#ids.set(key, id)
    return id
  }

  /** The index of an id, or undefined if there is no such object of this kind. */
  index(kind: CatalogueKind, id: string): number | undefined {
    const words = fromBase62(id)
    if (words === undefined) return undefined
    const [a, b, hidden, check] = words
    const salt = kinds.indexOf(kind)
    const index = (hidden ^ hash(this.seed, salt, a, b)) >>> 0
    if (index >= this.#counts[kind] || check !== hash(a, b, index, salt)) return undefined
    return a === hash(this.seed, salt, index, 0xa1) ? index : undefined
  }

  /** The id of an image: 40 hexadecimal digits. */
  imageId(kind: CatalogueKind | 'user', index: number): string {
    return `ab67616d0000b273${hex(24, hash(this.seed, index), kind.length * 31 + kind.charCodeAt(0))}`
  }

  /** The album that a track is on. */
  albumOfTrack(track: number): Run {
    return this.#clip(this.#runOf(albumCuts, 1, track), 'track')
  }

  /** The tracks of an album. */
  album(index: number): Run {
    return this.#clip(this.#runAt(albumCuts, 1, index), 'track')
  }

  /** The artist whose album it is. */
  artistOfAlbum(album: number): Run {
    return this.#clip(this.#runOf(artistCuts, 2, album), 'album')
  }

  /** The artist and its albums. */
  artist(index: number): Run {
    return this.#clip(this.#runAt(artistCuts, 2, index), 'album')
  }

  /** The show that an episode belongs to. */
  showOfEpisode(episode: number): Run {
    return this.#clip(this.#runOf(showCuts, 3, episode), 'episode')
  }

  /** The episodes of a show. */
  show(index: number): Run {
    return this.#clip(this.#runAt(showCuts, 3, index), 'episode')
  }

  /** The audiobook that a chapter belongs to. */
  audiobookOfChapter(chapter: number): Run {
    return this.#clip(this.#runOf(bookCuts, 4, chapter), 'chapter')
  }

  /** The chapters of an audiobook. */
  audiobook(index: number): Run {
    return this.#clip(this.#runAt(bookCuts, 4, index), 'chapter')
  }

  #clip(run: Run, kind: CatalogueKind): Run {
    return { ...run, count: Math.min(run.count, this.#counts[kind] - run.first) }
  }

  #cut(partition: Partition, salt: number, block: number): readonly number[] {
    return partition.cuts[hash(this.seed, salt, block, 0xc3) % partition.cuts.length] ?? partition.cuts[0]
  }

  #runOf(partition: Partition, salt: number, member: number): Run {
    const block = Math.floor(member / partition.size)
    const cut = this.#cut(partition, salt, block)
    let first = block * partition.size
    for (const [position, count] of cut.entries()) {
      if (member < first + count) return { index: block * cut.length + position, first, count }
      first += count
    }
    throw new RangeError('a partition must cover its block')
  }

  #runAt(partition: Partition, salt: number, index: number): Run {
    const parts = partition.cuts[0].length
    const block = Math.floor(index / parts)
    const cut = this.#cut(partition, salt, block)
    const position = index % parts
    const first = block * partition.size + cut.slice(0, position).reduce((sum, count) => sum + count, 0)
    return { index, first, count: cut[position] ?? 0 }
  }
}
