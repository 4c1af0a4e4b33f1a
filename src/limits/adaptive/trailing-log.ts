/** One admitted request. */
export interface Ticket {
  readonly sentAt: number
  /** Requests in the window when it was sent, itself included. */
  readonly count: number
  /** Number of requests ever sent, itself included. */
  readonly sequence: number
  /** The epoch of the ceiling when it was sent. */
  readonly epoch: number
}

/** The ticket itself: a second object per request would be kept for a whole window. */
interface SentRequest extends Ticket {
  endedAt: number
  refused: boolean
}

/**
 * The requests of the trailing window. A request counts from its sending until one window after its response, because
 * the server received it somewhere between the two. Its clock never runs backwards: while the system clock is set back,
 * it stops.
 */
export class TrailingLog {
  readonly #window: number
  /** How long a request counts after its response. */
  readonly #retention: number
  /** In the order of their responses, from `#head`. */
  #ended: SentRequest[] = []
  #head = 0
  #inFlight = 0
  #sent = 0
  #clock: number
  #lastNow: number
  #lastSentAt = Number.NEGATIVE_INFINITY

  /** `guard`: milliseconds by which the window is longer than the server's. */
  constructor(window: number, guard: number, now: number) {
    this.#window = window
    this.#retention = window + guard
    this.#clock = now
    this.#lastNow = now
  }

  get lastSentAt(): number {
    return this.#lastSentAt
  }

  /** Restores `count` requests of an earlier process, each with the latest possible time. */
  restore(count: number, at: number): void {
    const endedAt = Math.min(at, this.#clock)
    for (let index = 0; index < count; index++) {
      this.#ended.push({ sentAt: endedAt, count: 0, sequence: 0, epoch: 0, endedAt, refused: true })
    }
    this.advance(this.#lastNow)
  }

  /** Advances the log to `now` and returns its own time. */
  advance(now: number): number {
    if (now > this.#lastNow) this.#clock += now - this.#lastNow
    this.#lastNow = now
    const ended = this.#ended
    const expired = this.#clock - this.#retention
    while (this.#head < ended.length && (ended[this.#head] as SentRequest).endedAt <= expired) this.#head++
    if (this.#head > 1024 && this.#head * 2 > ended.length) {
      this.#ended = ended.slice(this.#head)
      this.#head = 0
    }
    return this.#clock
  }

  count(): number {
    return this.#inFlight + this.#ended.length - this.#head
  }

  /** When fewer than `cap` requests will be in the window, if no response arrives before. */
  roomAt(cap: number): number {
    const last = this.#ended[this.#head + this.count() - cap]
    return last === undefined ? Number.POSITIVE_INFINITY : last.endedAt + this.#retention
  }

  send(epoch: number): Ticket {
    this.#inFlight++
    this.#lastSentAt = this.#clock
    const sequence = ++this.#sent
    const sent: SentRequest = {
      sentAt: this.#clock,
      count: this.count(),
      sequence,
      epoch,
      endedAt: this.#clock,
      refused: false,
    }
    return sent
  }

  unsent(): void {
    this.#inFlight--
  }

  end(ticket: Ticket, refused: boolean): void {
    const sent = ticket as SentRequest
    sent.endedAt = this.#clock
    sent.refused = refused
    this.#inFlight--
    this.#ended.push(sent)
  }

  /** When the oldest request of the window was sent. */
  oldestSentAt(): number | undefined {
    return this.#ended[this.#head]?.sentAt
  }

  /** Accepted requests that were certainly in the server's window when it refused `ticket`; its response arrived now. */
  acceptedAtLeast(ticket: Ticket): number {
    let count = 0
    for (let index = this.#head; index < this.#ended.length; index++) {
      const { refused, sentAt, endedAt } = this.#ended[index] as SentRequest
      if (!refused && sentAt >= this.#clock - this.#window && endedAt <= ticket.sentAt) count++
    }
    return count
  }

  /** Requests that may have been in the server's window then, `ticket` included. */
  countedAtMost(ticket: Ticket): number {
    return ticket.count + this.#sent - ticket.sequence
  }
}
