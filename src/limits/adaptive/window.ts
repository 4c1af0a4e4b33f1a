import type { LimiterState } from '../limiter.ts'
import type { WindowOptions } from '../options.ts'
import { type Ceiling, CeilingRules, learnedCeiling } from './ceiling.ts'
import { type Ticket, TrailingLog } from './trailing-log.ts'

export type { Ticket } from './trailing-log.ts'

/**
 * Learns how many requests a server takes in any trailing window. Pure: no timers, no clock of its own; every method
 * takes `now` in epoch milliseconds. It admits no more than its cap in any trailing window.
 */
export class LearnedWindow {
  readonly length: number
  readonly #rules: CeilingRules
  readonly #log: TrailingLog
  #ceiling: Ceiling

  /** `restore`: what an earlier window learned, with what it had sent shortly before. */
  constructor(options: WindowOptions, now: number, restore?: Pick<LimiterState, 'learned' | 'inWindow'> | undefined) {
    this.#rules = new CeilingRules(options)
    this.length = this.#rules.window
    this.#log = new TrailingLog(this.length, options.guard ?? 50, now)
    const learned = this.#rules.restored(restore?.learned, now)
    this.#ceiling = learned ?? this.#rules.initial()
    const at = restore?.learned?.at
    if (restore !== undefined && typeof at === 'number') this.#log.adopt(restore.inWindow, at)
  }

  /** How many are let through per window now. */
  get cap(): number {
    return this.#ceiling.cap
  }

  get ceiling(): number {
    return learnedCeiling(this.#ceiling)
  }

  /** Lets `cap` through per window from now on, and does not look for more. */
  pin(cap: number): void {
    this.#ceiling = this.#rules.pinned(cap)
  }

  count(now: number): number {
    this.#log.at(now)
    return this.#log.count()
  }

  /** Milliseconds until the next request may be sent; 0: now. `Infinity` while only an answer can make room. */
  wait(now: number): number {
    const time = this.#log.at(now)
    const count = this.#log.count()
    if (count >= this.#ceiling.cap) {
      this.#ceiling = this.#rules.full(this.#ceiling, time - (this.#log.oldest() ?? time), time)
      if (count >= this.#ceiling.cap) return this.#log.roomAt(this.#ceiling.cap) - time
    }
    const spacing = this.#rules.spacing(this.#ceiling, count)
    return spacing === 0 ? 0 : Math.max(0, this.#log.lastSentAt + spacing - time)
  }

  /**
   * Milliseconds that a request behind `ahead` others waits at least, if the window is full; else 0. Nothing is
   * promised before the first refusal, while the cap grows fast.
   */
  waitBehind(ahead: number, now: number): number {
    const time = this.#log.at(now)
    const { cap, wall } = this.#ceiling
    if (this.#log.count() < cap || wall === null) return 0
    const turns = Math.floor(ahead / cap)
    return Math.min(this.#log.roomAt(cap - (ahead % cap)), time + this.length) - time + turns * this.length
  }

  /** Records a request. Call it only when {@link wait} says 0. */
  send(now: number): Ticket {
    this.#log.at(now)
    return this.#log.send(this.#ceiling.epoch)
  }

  /** The request never left: its place is free again. */
  unsent(now: number): void {
    this.#log.at(now)
    this.#log.unsent()
  }

  /** The request was answered, or nobody knows. */
  ended(ticket: Ticket, now: number, refused = false): void {
    this.#log.at(now)
    this.#log.end(ticket, refused)
  }

  /** The answer to `ticket` was 429. Call it before {@link ended}. `until` is when sending goes on. */
  throttled(ticket: Ticket, until: number, now: number): void {
    if (ticket.epoch !== this.#ceiling.epoch) return
    const time = this.#log.at(now)
    const refusal = {
      surely: this.#log.surelyBefore(ticket),
      possibly: this.#log.possiblyWith(ticket),
      elapsed: time - (this.#log.oldest() ?? ticket.sentAt),
      pause: Math.max(0, until - now),
    }
    this.#ceiling = this.#rules.refused(this.#ceiling, refusal, time)
  }

  /** What is worth keeping over a restart. */
  learned(now: number): Readonly<Record<string, unknown>> {
    return { ...this.#ceiling, at: now }
  }
}
