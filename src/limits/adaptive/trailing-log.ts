/** One admitted request. */
export interface Ticket {
  readonly sentAt: number
  /** Requests in the window when it was sent, itself included. */
  readonly count: number
  /** How many were ever sent, itself included. */
  readonly order: number
  /** What the sender knew by then. */
  readonly epoch: number
}

/** One object per request, since it is kept for a whole window. */
interface Sent extends Ticket {
  endedAt: number
  refused: boolean
}

/**
 * The requests of the trailing window. A request counts from its sending until one window after its answer, because
 * the server saw it somewhere between the two. Its clock never runs backwards: a clock set back counts as one that
 * stands still.
 */
export class TrailingLog {
  readonly #window: number
  /** How long a request counts after its answer. */
  readonly #stay: number
  /** In the order of their answers, from `#head`. */
  #ended: Sent[] = []
  #head = 0
  #inFlight = 0
  #sent = 0
  #clock: number
  #lastNow: number
  #lastSentAt = Number.NEGATIVE_INFINITY

  /** `guard`: milliseconds by which the window is taken to be longer than the server's. */
  constructor(window: number, guard: number, now: number) {
    this.#window = window
    this.#stay = window + guard
    this.#clock = now
    this.#lastNow = now
  }

  get lastSentAt(): number {
    return this.#lastSentAt
  }

  /** Takes over `count` requests of an earlier process, all of them as late as they can have been. */
  adopt(count: number, at: number): void {
    const endedAt = Math.min(at, this.#clock)
    for (let index = 0; index < count; index++) {
      this.#ended.push({ sentAt: endedAt, count: 0, order: 0, epoch: 0, endedAt, refused: true })
    }
    this.at(this.#lastNow)
  }

  /** Brings the log to `now` and returns its own time. */
  at(now: number): number {
    if (now > this.#lastNow) this.#clock += now - this.#lastNow
    this.#lastNow = now
    const ended = this.#ended
    const left = this.#clock - this.#stay
    while (this.#head < ended.length && (ended[this.#head] as Sent).endedAt <= left) this.#head++
    if (this.#head > 1024 && this.#head * 2 > ended.length) {
      this.#ended = ended.slice(this.#head)
      this.#head = 0
    }
    return this.#clock
  }

  count(): number {
    return this.#inFlight + this.#ended.length - this.#head
  }

  /** When fewer than `cap` requests will be in the window, if no answer comes before. */
  roomAt(cap: number): number {
    const last = this.#ended[this.#head + this.count() - cap]
    return last === undefined ? Number.POSITIVE_INFINITY : last.endedAt + this.#stay
  }

  send(epoch: number): Ticket {
    this.#inFlight++
    this.#lastSentAt = this.#clock
    const order = ++this.#sent
    const sent: Sent = { sentAt: this.#clock, count: this.count(), order, epoch, endedAt: this.#clock, refused: false }
    return sent
  }

  unsent(): void {
    this.#inFlight--
  }

  end(ticket: Ticket, refused: boolean): void {
    const sent = ticket as Sent
    sent.endedAt = this.#clock
    sent.refused = refused
    this.#inFlight--
    this.#ended.push(sent)
  }

  /** When the oldest request of the window was sent. */
  oldest(): number | undefined {
    return this.#ended[this.#head]?.sentAt
  }

  /** Accepted requests that were certainly in the server's window when it refused `ticket`, which was answered now. */
  surelyBefore(ticket: Ticket): number {
    let count = 0
    for (let index = this.#head; index < this.#ended.length; index++) {
      const { refused, sentAt, endedAt } = this.#ended[index] as Sent
      if (!refused && sentAt >= this.#clock - this.#window && endedAt <= ticket.sentAt) count++
    }
    return count
  }

  /** Requests that may have been in the server's window then, `ticket` included. */
  possiblyWith(ticket: Ticket): number {
    return ticket.count + this.#sent - ticket.order
  }
}
