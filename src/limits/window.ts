/** One admitted request, as the window remembers it. */
export interface Ticket {
  readonly sentAt: number
  /** Requests in the window when it was sent, itself included. */
  readonly count: number
  /** Those of them whose answer had arrived: they surely reached the server before it. */
  readonly answered: number
  readonly epoch: number
}

export interface WindowOptions {
  /** Requests per window assumed at the start; default 90. */
  readonly initialCeiling?: number | undefined
  /** Milliseconds; default 30,000. */
  readonly window?: number | undefined
  /** Milliseconds by which the window is taken to be longer than the server's; default 50. */
  readonly guard?: number | undefined
  /** The learned ceiling never falls below this; default 5. */
  readonly minCeiling?: number | undefined
  /** Milliseconds from learning a ceiling to the first probe above it; default 480,000. */
  readonly probeAfter?: number | undefined
  /** Milliseconds between probes at most; default 1,800,000. */
  readonly probeAtMost?: number | undefined
}

/** What is worth keeping over a restart. */
export interface Learned {
  readonly [key: string]: number | null
  readonly cap: number
  /** The highest number per window that the server was seen to take for a whole window. */
  readonly proven: number
  /** The number that the server refused, or `null`. */
  readonly wall: number | null
  /** The highest ceiling ever learned. */
  readonly best: number
  readonly interval: number
  readonly probeAt: number
}

/**
 * Learns how many requests a server takes in any trailing window. Pure: no timers, no clock of its own; every method
 * takes `now` in milliseconds, and a clock that is set back counts as one that stands still.
 */
export class LearnedWindow {
  readonly #window: number
  readonly #guard: number
  readonly #min: number
  readonly #probeAfter: number
  readonly #probeAtMost: number
  /** When the answered requests of the trailing window were answered, oldest first, from `#head`. */
  #left: number[] = []
  #head = 0
  #inFlight = 0
  #clock = 0
  #lastNow = Number.NEGATIVE_INFINITY
  #lastSent = Number.NEGATIVE_INFINITY
  #epoch = 0
  #epochEnd = Number.NEGATIVE_INFINITY
  #row = 0
  #cap: number
  #proven: number
  #wall: number | null = null
  #best: number
  #interval: number
  #probeAt = Number.POSITIVE_INFINITY
  #step = 1
  #steppedAt = Number.NEGATIVE_INFINITY

  constructor(options: WindowOptions = {}, learned?: Partial<Learned> | undefined, now = 0) {
    this.#window = options.window ?? 30_000
    this.#guard = options.guard ?? 50
    this.#min = options.minCeiling ?? 5
    this.#probeAfter = options.probeAfter ?? 480_000
    this.#probeAtMost = options.probeAtMost ?? 1_800_000
    this.#cap = learned?.cap ?? options.initialCeiling ?? 90
    this.#proven = learned?.proven ?? 0
    this.#wall = learned?.wall ?? null
    this.#best = learned?.best ?? this.#cap
    this.#interval = learned?.interval ?? this.#probeAfter
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
        const leaving = this.#left[this.#head + (count - this.#cap)]
        return leaving === undefined ? Number.POSITIVE_INFINITY : leaving + this.#window + this.#guard - time
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
    const answered = this.#left.length - this.#head
    this.#inFlight++
    this.#lastSent = time
    return { sentAt: time, count: answered + this.#inFlight, answered, epoch: this.#epoch }
  }

  /** The request never left: its place is free again. */
  unsent(now: number): void {
    this.#tick(now)
    this.#inFlight--
  }

  /** The request was answered, or nobody knows: it stays in the window from now on. */
  ended(now: number): void {
    this.#left.push(this.#tick(now))
    this.#inFlight--
  }

  /** The answer to `ticket` was 429. Call it before {@link ended}. `retryAt` is when sending goes on. */
  throttled(ticket: Ticket, retryAt: number, now: number): void {
    const time = this.#tick(now)
    if (ticket.epoch !== this.#epoch) return
    this.#epoch++
    const quick = time - this.#epochEnd < this.#window
    this.#row = quick ? this.#row + 1 : 0
    this.#epochEnd = time + Math.max(0, retryAt - now)
    const surely = ticket.answered
    const fell = this.#row > 0 || ticket.count <= this.#proven * 0.9
    if (this.#row > 0) this.#proven = Math.min(surely, Math.floor(this.#proven * 0.8))
    else if (ticket.count > this.#proven) this.#proven = Math.max(this.#proven, surely)
    else this.#proven = Math.min(this.#proven - 1, surely)
    this.#proven = Math.max(this.#proven, this.#min)
    this.#cap = this.#proven
    this.#wall = Math.max(ticket.count, this.#cap + 1)
    this.#interval = fell ? this.#probeAfter : Math.min(this.#interval * 2, this.#probeAtMost)
    this.#probeAt = time + this.#interval
    this.#step = 1
    this.#steppedAt = this.#epochEnd
  }

  learned(now: number): Learned {
    const time = this.#tick(now)
    return {
      cap: this.#cap,
      proven: this.#proven,
      wall: this.#wall,
      best: this.#best,
      interval: this.#interval,
      probeAt: now + (Number.isFinite(this.#probeAt) ? this.#probeAt - time : 0),
    }
  }

  /** The window is full at the cap: after a whole window of that without a 429, the cap is proven and may grow. */
  #used(time: number): void {
    if (time - this.#steppedAt < this.#window) return
    this.#steppedAt = time
    this.#proven = Math.max(this.#proven, this.#cap)
    this.#best = Math.max(this.#best, this.#proven)
    if (this.#wall === null) {
      this.#cap = this.#cap * 2
      return
    }
    if (this.#cap < this.#wall - 1) {
      this.#cap = Math.min(this.#cap + Math.max(1, Math.floor((this.#wall - this.#cap) / 4)), this.#wall - 1)
      return
    }
    if (time < this.#probeAt) return
    this.#cap += this.#step
    this.#wall = this.#cap + 1
    this.#step *= 2
  }

  #count(): number {
    return this.#inFlight + this.#left.length - this.#head
  }

  #tick(now: number): number {
    if (now > this.#lastNow && this.#lastNow !== Number.NEGATIVE_INFINITY) this.#clock += now - this.#lastNow
    this.#lastNow = now
    const edge = this.#clock - this.#window - this.#guard
    while (this.#head < this.#left.length && (this.#left[this.#head] as number) <= edge) this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#left.length) {
      this.#left = this.#left.slice(this.#head)
      this.#head = 0
    }
    return this.#clock
  }
}
