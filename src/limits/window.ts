/** One admitted request, as the window remembers it. */
export interface Ticket {
  readonly sentAt: number
  /** Requests in the window when it was sent, itself included. */
  readonly count: number
  /** How many were ever sent, itself included. */
  readonly order: number
  readonly epoch: number
}

export interface WindowOptions {
  /** Requests per window assumed at the start; default 90. */
  readonly initialCeiling?: number | undefined
  /** Milliseconds; default 30,000. */
  readonly window?: number | undefined
  /** Milliseconds by which the window is taken to be longer than the server's; default 50. */
  readonly guard?: number | undefined
  /** The ceiling never falls below this; default 5. */
  readonly minCeiling?: number | undefined
  /** Milliseconds from learning a ceiling to a probe above it; default 1,800,000. */
  readonly probeAfter?: number | undefined
  /** The same for two hours after the server's limit was seen to change; default 480,000. */
  readonly probeAfterChange?: number | undefined
}

/** What is worth keeping over a restart. */
export interface Learned {
  readonly [key: string]: number | null
  readonly cap: number
  /** The highest number per window that the server surely took. */
  readonly proven: number
  /** The number that the server refused, or `null`. */
  readonly wall: number | null
  readonly probeAt: number
}

interface Entry {
  readonly sentAt: number
  readonly endedAt: number
  readonly leavesAt: number
  readonly refused: boolean
}

/**
 * Learns how many requests a server takes in any trailing window. Pure: no timers, no clock of its own; every method
 * takes `now` in milliseconds, and a clock that is set back counts as one that stands still.
 *
 * A request counts from its sending until one window after its answer: the server saw it somewhere between the two.
 */
export class LearnedWindow {
  readonly #window: number
  readonly #guard: number
  readonly #min: number
  readonly #probeAfter: number
  readonly #probeAfterChange: number
  readonly #changeMatters: number
  /** Answered requests of the trailing window, oldest answer first, from `#head`. */
  #entries: Entry[] = []
  #head = 0
  #inFlight = 0
  #sent = 0
  #clock = 0
  #lastNow = Number.NEGATIVE_INFINITY
  #lastSent = Number.NEGATIVE_INFINITY
  #epoch = 0
  #epochEnd = Number.NEGATIVE_INFINITY
  #row = 0
  #cap: number
  #proven: number
  #wall: number | null = null
  #probeAt = Number.POSITIVE_INFINITY
  #probing = false
  #step = 0
  #trials = 0
  #steppedAt = Number.NEGATIVE_INFINITY
  #changedAt = Number.NEGATIVE_INFINITY

  constructor(options: WindowOptions = {}, learned?: Partial<Learned> | undefined, now = 0) {
    this.#window = options.window ?? 30_000
    this.#guard = options.guard ?? 50
    this.#min = options.minCeiling ?? 5
    this.#probeAfter = options.probeAfter ?? 1_800_000
    this.#probeAfterChange = options.probeAfterChange ?? 480_000
    this.#changeMatters = 7_200_000
    this.#cap = learned?.cap ?? options.initialCeiling ?? 90
    this.#proven = learned?.proven ?? 0
    this.#wall = learned?.wall ?? null
    this.#tick(now)
    if (learned?.probeAt !== undefined && this.#wall !== null)
      this.#probeAt = this.#clock + Math.max(0, learned.probeAt - now)
  }

  get cap(): number {
    return this.#cap
  }

  get ceiling(): number {
    return this.#wall === null ? Math.max(this.#cap, this.#proven) : Math.max(this.#proven, this.#min)
  }

  count(now: number): number {
    this.#tick(now)
    return this.#count()
  }

  /** Milliseconds until the next request may be sent; 0: now. `Infinity` while only an answer can make room. */
  wait(now: number): number {
    const time = this.#tick(now)
    const count = this.#count()
    if (count >= this.#cap) {
      this.#used(time)
      if (count >= this.#cap) {
        const leaving = this.#entries[this.#head + (count - this.#cap)]
        return leaving === undefined ? Number.POSITIVE_INFINITY : leaving.leavesAt - time
      }
    }
    const half = this.#cap / 2
    if (count < half) return 0
    const spacing = (this.#window / this.#cap) * ((count - half) / half)
    return Math.max(0, this.#lastSent + spacing - time)
  }

  /** Records a request. Call it only when {@link wait} says 0. */
  send(now: number): Ticket {
    const time = this.#tick(now)
    this.#inFlight++
    this.#lastSent = time
    return { sentAt: time, count: this.#count(), order: ++this.#sent, epoch: this.#epoch }
  }

  /** The request never left: its place is free again. */
  unsent(now: number): void {
    this.#tick(now)
    this.#inFlight--
  }

  /** The request was answered, or nobody knows. */
  ended(ticket: Ticket, now: number, refused = false): void {
    const endedAt = this.#tick(now)
    this.#entries.push({ sentAt: ticket.sentAt, endedAt, leavesAt: endedAt + this.#window + this.#guard, refused })
    this.#inFlight--
  }

  /** The answer to `ticket` was 429. Call it before {@link ended}. `retryAt` is when sending goes on. */
  throttled(ticket: Ticket, retryAt: number, now: number): void {
    const time = this.#tick(now)
    if (ticket.epoch !== this.#epoch) return
    this.#epoch++
    this.#row = time - this.#epochEnd < this.#window ? this.#row + 1 : 0
    const pause = Math.max(0, retryAt - now)
    this.#epochEnd = time + pause
    const least = this.#surelyTaken(ticket.sentAt, time)
    const most = ticket.count + (this.#sent - ticket.order)
    const before = this.#proven
    const trial = this.#cap > before
    if (this.#row > 0) this.#proven = Math.min(least, Math.floor(this.#cap * 0.8))
    else if (most > before && trial) this.#proven = Math.max(before, least)
    else this.#proven = Math.min(before - 1, least)
    this.#proven = Math.max(this.#proven, this.#min)
    const fell = before > 0 && this.#proven < before * 0.85
    if (fell) this.#changedAt = time
    if (fell || this.#wall === null) this.#trials = 2
    else if (trial && !this.#probing) this.#trials--
    this.#cap = this.#proven
    this.#wall = Math.max(most, this.#cap + 1)
    this.#probing = false
    const cost = Math.min(1 + pause / this.#window, 2)
    const lately = time - this.#changedAt < this.#changeMatters
    this.#probeAt = this.#epochEnd + cost * (lately ? this.#probeAfterChange : this.#probeAfter)
    this.#steppedAt = this.#epochEnd
  }

  learned(now: number): Learned {
    const time = this.#tick(now)
    return {
      cap: this.#cap,
      proven: this.#proven,
      wall: this.#wall,
      probeAt: now + (Number.isFinite(this.#probeAt) ? this.#probeAt - time : 0),
    }
  }

  /** The window is full at the cap: after a whole window of that without a 429, the cap is proven and may grow. */
  #used(time: number): void {
    if (time - this.#steppedAt < this.#window) return
    this.#steppedAt = time
    this.#proven = Math.max(this.#proven, this.#cap)
    if (this.#probing && this.#wall !== null && this.#cap > this.#wall * 1.04 + 1) {
      this.#changedAt = time
      this.#wall = null
      this.#probing = false
    }
    if (this.#wall === null) {
      this.#cap = this.#cap * 2
      return
    }
    const gap = this.#wall - 1 - this.#cap
    if (!this.#probing && this.#trials > 0 && gap > this.#wall * 0.02) {
      this.#cap += Math.max(1, Math.floor(gap / 2))
      return
    }
    if (!this.#probing && time < this.#probeAt) return
    if (!this.#probing) this.#step = Math.max(1, Math.floor(this.#cap * 0.02))
    this.#probing = true
    this.#cap += this.#step
    this.#step *= 2
  }

  /** How many accepted requests were certainly in the server's window when it refused one sent and answered then. */
  #surelyTaken(sentAt: number, answeredAt: number): number {
    let taken = 0
    for (let index = this.#head; index < this.#entries.length; index++) {
      const entry = this.#entries[index] as Entry
      if (!entry.refused && entry.sentAt >= answeredAt - this.#window && entry.endedAt <= sentAt) taken++
    }
    return taken
  }

  #count(): number {
    return this.#inFlight + this.#entries.length - this.#head
  }

  #tick(now: number): number {
    if (now > this.#lastNow && this.#lastNow !== Number.NEGATIVE_INFINITY) this.#clock += now - this.#lastNow
    this.#lastNow = now
    while (this.#head < this.#entries.length && (this.#entries[this.#head] as Entry).leavesAt <= this.#clock) this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return this.#clock
  }
}
