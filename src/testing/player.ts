import type { Catalogue } from './catalogue/catalogue.ts'
import { episodeDuration } from './catalogue/show.ts'
import { trackDuration } from './catalogue/track.ts'
import { historyEnd } from './history-end.ts'
import { between, hash, hashText, hex } from './random.ts'

/** A playback device. */
export interface FakeDevice {
  readonly id: string
  readonly name: string
  readonly type: string
  /** `null` if the device has no volume control. */
  volume: number | null
}

type RepeatState = 'off' | 'track' | 'context'

interface PlayHistoryEntry {
  readonly uri: string
  readonly playedAt: number
  readonly contextUri: string | undefined
}

const historyLength = 50

/** The playback state of one user. It advances with the clock. */
export class Player {
  readonly devices: FakeDevice[]
  activeDeviceId: string | undefined
  playing = false
  shuffle = false
  repeat: RepeatState = 'off'
  contextUri: string | undefined
  /** What the user added to the queue; it plays before the rest of the context. */
  readonly queued: string[] = []
  #items: readonly string[] = []
  #index = 0
  #current: string | undefined
  #progress = 0
  #since = 0
  #history: PlayHistoryEntry[] | undefined
  readonly #catalogue: Catalogue
  readonly #salt: number

  constructor(userId: string, catalogue: Catalogue) {
    this.#catalogue = catalogue
    this.#salt = hashText(userId)
    this.devices = [
      { id: hex(40, this.#salt, 1), name: 'Kitchen Speaker', type: 'Speaker', volume: 35 },
      { id: hex(40, this.#salt, 2), name: 'Study Computer', type: 'Computer', volume: 70 },
      { id: hex(40, this.#salt, 3), name: 'Hall Television', type: 'TV', volume: null },
    ]
  }

  get device(): FakeDevice | undefined {
    return this.devices.find(({ id }) => id === this.activeDeviceId)
  }

  /** The current item, playing or paused, and its progress in milliseconds. */
  now(at: number): { readonly uri: string; readonly progress: number; readonly since: number } | undefined {
    this.#advanceTo(at)
    if (this.#current === undefined) return undefined
    const progress = this.playing ? this.#progress + at - this.#since : this.#progress
    return { uri: this.#current, progress, since: this.#since }
  }

  /** Plays a list from an index. */
  start(list: readonly string[], index: number, contextUri: string | undefined, progress: number, at: number): void {
    this.#recordPlay(at)
    this.#items = this.shuffle ? shuffled(list, index, this.#salt) : list
    this.#index = this.shuffle ? 0 : index
    this.contextUri = contextUri
    this.#startItem(this.#items[this.#index], progress, at)
  }

  /** Resumes playback. */
  resume(at: number): void {
    if (this.playing) return
    this.playing = true
    this.#since = at
  }

  /** Pauses playback. */
  pause(at: number): void {
    const now = this.now(at)
    this.#progress = now?.progress ?? 0
    this.#since = at
    this.playing = false
  }

  /** Seeks to a position in the current item, in milliseconds. */
  seek(progress: number, at: number): void {
    const uri = this.#current
    if (uri === undefined) return
    if (progress >= this.duration(uri)) this.next(at)
    else {
      this.#progress = progress
      this.#since = at
    }
  }

  /** Skips to the next item. */
  next(at: number): void {
    this.#recordPlay(at)
    const queued = this.queued.shift()
    if (queued !== undefined) {
      this.#startItem(queued, 0, at)
      return
    }
    this.#index++
    if (this.#index >= this.#items.length && this.repeat === 'context') this.#index = 0
    this.#startItem(this.#items[this.#index], 0, at)
  }

  /** Skips to the previous item. */
  previous(at: number): void {
    this.#recordPlay(at)
    this.#index = Math.max(0, this.#index - 1)
    this.#startItem(this.#items[this.#index], 0, at)
  }

  /** Whether there is a previous item. */
  get hasPrevious(): boolean {
    return this.#index > 0
  }

  /** The next items. */
  upcoming(): readonly string[] {
    return [...this.queued, ...this.#items.slice(this.#index + 1, this.#index + 21)]
  }

  /** Milliseconds. */
  duration(uri: string): number {
    const [, type, id = ''] = uri.split(':')
    const index = this.#catalogue.index(type === 'episode' ? 'episode' : 'track', id)
    if (index === undefined) return 180_000
    return type === 'episode' ? episodeDuration(this.#catalogue, index) : trackDuration(this.#catalogue, index)
  }

  /** The last 50 tracks, newest first, generated on first use. Episodes are not included. */
  history(): readonly PlayHistoryEntry[] {
    if (this.#history !== undefined) return this.#history
    this.#history = []
    const total = this.#catalogue.count('track')
    let playedAt = historyEnd
    for (let index = 0; index < historyLength && total > 0; index++) {
      playedAt -= between(180_000, 4_000_000, this.#salt, index, 111)
      const track = hash(this.#salt, index, 112) % total
      const album = this.#catalogue.id('album', this.#catalogue.albumOfTrack(track).index)
      const contextUri = index % 3 === 0 ? undefined : `spotify:album:${album}`
      this.#history.push({ uri: `spotify:track:${this.#catalogue.id('track', track)}`, playedAt, contextUri })
    }
    return this.#history
  }

  #startItem(uri: string | undefined, progress: number, at: number): void {
    this.#current = uri
    this.#progress = progress
    this.#since = at
    this.playing = uri !== undefined
  }

  #recordPlay(at: number): void {
    if (this.#current?.startsWith('spotify:track:') !== true) return
    const played = { uri: this.#current, playedAt: at, contextUri: this.contextUri }
    this.#history = [played, ...this.history()].slice(0, historyLength)
  }

  #advanceTo(at: number): void {
    for (let steps = 0; steps < 10_000 && this.playing && this.#current !== undefined; steps++) {
      const ends = this.#since + this.duration(this.#current) - this.#progress
      if (at < ends) return
      if (this.repeat === 'track') this.#startItem(this.#current, 0, ends)
      else this.next(ends)
    }
  }
}

/** The list with the chosen item first and the rest in an order derived from the salt. */
function shuffled(list: readonly string[], chosenIndex: number, salt: number): readonly string[] {
  const chosen = list[chosenIndex]
  const rest = list
    .filter((_, index) => index !== chosenIndex)
    .map((uri, index) => ({ uri, rank: hash(salt, index, 113) }))
  rest.sort((a, b) => a.rank - b.rank)
  return chosen === undefined ? [] : [chosen, ...rest.map(({ uri }) => uri)]
}
