import type { Catalogue } from './catalogue/catalogue.ts'
import { episodeDuration } from './catalogue/show.ts'
import { trackDuration } from './catalogue/track.ts'
import { epoch } from './epoch.ts'
import { between, hash, hashText, hex } from './random.ts'

/** A device that plays. */
export interface FakeDevice {
  readonly id: string
  readonly name: string
  readonly type: string
  /** `null` where the device has no volume of its own. */
  volume: number | null
}

export type RepeatState = 'off' | 'track' | 'context'

export interface Played {
  readonly uri: string
  readonly playedAt: number
  readonly contextUri: string | undefined
}

const historyLength = 50

/** What plays for one user, and where. It moves on by itself as time passes. */
export class Player {
  readonly devices: FakeDevice[]
  activeDeviceId: string | undefined
  playing = false
  shuffle = false
  repeat: RepeatState = 'off'
  contextUri: string | undefined
  /** What the user put in the queue by hand; it goes before the rest of the context. */
  readonly queued: string[] = []
  #list: readonly string[] = []
  #place = 0
  #current: string | undefined
  #progress = 0
  #since = 0
  #history: Played[] | undefined
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

  /** What plays or is paused, and how far it got. */
  now(at: number): { readonly uri: string; readonly progress: number; readonly since: number } | undefined {
    this.#settle(at)
    if (this.#current === undefined) return undefined
    const progress = this.playing ? this.#progress + at - this.#since : this.#progress
    return { uri: this.#current, progress, since: this.#since }
  }

  /** Plays a list from a place in it. */
  start(list: readonly string[], place: number, contextUri: string | undefined, progress: number, at: number): void {
    this.#remember(at)
    this.#list = this.shuffle ? shuffled(list, place, this.#salt) : list
    this.#place = this.shuffle ? 0 : place
    this.contextUri = contextUri
    this.#begin(this.#list[this.#place], progress, at)
  }

  /** Goes on. */
  resume(at: number): void {
    if (this.playing) return
    this.playing = true
    this.#since = at
  }

  /** Stops, and keeps its place. */
  pause(at: number): void {
    const now = this.now(at)
    this.#progress = now?.progress ?? 0
    this.#since = at
    this.playing = false
  }

  /** Goes to a place in the current item. */
  seek(progress: number, at: number): void {
    const uri = this.#current
    if (uri === undefined) return
    if (progress >= this.duration(uri)) this.next(at)
    else {
      this.#progress = progress
      this.#since = at
    }
  }

  /** Goes to the next item. */
  next(at: number): void {
    this.#remember(at)
    const queued = this.queued.shift()
    if (queued !== undefined) {
      this.#begin(queued, 0, at)
      return
    }
    this.#place++
    if (this.#place >= this.#list.length && this.repeat === 'context') this.#place = 0
    this.#begin(this.#list[this.#place], 0, at)
  }

  /** Goes to the item before. */
  previous(at: number): void {
    this.#remember(at)
    this.#place = Math.max(0, this.#place - 1)
    this.#begin(this.#list[this.#place], 0, at)
  }

  /** Whether something comes before what plays now. */
  get hasPrevious(): boolean {
    return this.#place > 0
  }

  /** What comes next. */
  upcoming(): readonly string[] {
    return [...this.queued, ...this.#list.slice(this.#place + 1, this.#place + 21)]
  }

  /** Milliseconds. */
  duration(uri: string): number {
    const [, type, id = ''] = uri.split(':')
    const index = this.#catalogue.index(type === 'episode' ? 'episode' : 'track', id)
    if (index === undefined) return 180_000
    return type === 'episode' ? episodeDuration(this.#catalogue, index) : trackDuration(this.#catalogue, index)
  }

  /** The last 50 tracks, newest first, made up on first use. Episodes are not remembered. */
  history(): readonly Played[] {
    if (this.#history !== undefined) return this.#history
    this.#history = []
    const total = this.#catalogue.count('track')
    let playedAt = epoch
    for (let index = 0; index < historyLength && total > 0; index++) {
      playedAt -= between(180_000, 4_000_000, this.#salt, index, 111)
      const track = hash(this.#salt, index, 112) % total
      const album = this.#catalogue.id('album', this.#catalogue.albumOfTrack(track).index)
      const contextUri = index % 3 === 0 ? undefined : `spotify:album:${album}`
      this.#history.push({ uri: `spotify:track:${this.#catalogue.id('track', track)}`, playedAt, contextUri })
    }
    return this.#history
  }

  #begin(uri: string | undefined, progress: number, at: number): void {
    this.#current = uri
    this.#progress = progress
    this.#since = at
    this.playing = uri !== undefined
  }

  #remember(at: number): void {
    if (this.#current?.startsWith('spotify:track:') !== true) return
    const played = { uri: this.#current, playedAt: at, contextUri: this.contextUri }
    this.#history = [played, ...this.history()].slice(0, historyLength)
  }

  #settle(at: number): void {
    for (let steps = 0; steps < 10_000 && this.playing && this.#current !== undefined; steps++) {
      const ends = this.#since + this.duration(this.#current) - this.#progress
      if (at < ends) return
      if (this.repeat === 'track') this.#begin(this.#current, 0, ends)
      else this.next(ends)
    }
  }
}

/** The list with the chosen one first and the rest in an order that follows from the salt. */
function shuffled(list: readonly string[], place: number, salt: number): readonly string[] {
  const chosen = list[place]
  const rest = list.filter((_, index) => index !== place).map((uri, index) => ({ uri, rank: hash(salt, index, 113) }))
  rest.sort((a, b) => a.rank - b.rank)
  return chosen === undefined ? [] : [chosen, ...rest.map(({ uri }) => uri)]
}
