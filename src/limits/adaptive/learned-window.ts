import type { LimiterState } from '../limiter.ts'
import { defaultGuard, type WindowOptions } from '../options.ts'
import { type Ceiling, learnedCeiling } from './ceiling.ts'
import { CeilingRules } from './ceiling-rules.ts'
import { type Ticket, TrailingLog } from './trailing-log.ts'

export type { Ticket } from './trailing-log.ts'

/**
 * Learns how many requests a server accepts in any trailing window. Pure: no timers, no clock of its own; every method
 * takes `now` in epoch milliseconds. It admits no more than its cap in any trailing window.
 */
export class LearnedWindow {
  readonly length: number
  readonly #rules: CeilingRules
  readonly #log: TrailingLog
  #ceiling: Ceiling

  /** `restore`: what an earlier window learned, and how many requests it then contained. */
  constructor(options: WindowOptions, now: number, restore?: Pick<LimiterState, 'learned' | 'inWindow'> | undefined) {
    this.#rules = new CeilingRules(options)
    this.length = this.#rules.window
    this.#log = new TrailingLog(this.length, options.guard ?? defaultGuard, now)
    const learned = this.#rules.restored(restore?.learned, now)
    this.#ceiling = learned ?? this.#rules.initial()
    const at = restore?.learned?.at
    if (restore !== undefined && typeof at === 'number') this.#log.restore(restore.inWindow, at)
  }

  /** The current number of requests allowed per window. */
  get cap(): number {
    return this.#ceiling.cap
  }

  get ceiling(): number {
    return learnedCeiling(this.#ceiling)
  }

  /** Allows `cap` requests per window from now on, without probing for more. */
  pin(cap: number): void {
    this.#ceiling = this.#rules.pinned(cap)
  }

  count(now: number): number {
    this.#log.advance(now)
    return this.#log.count()
  }

  /** Milliseconds until the next request may be sent; 0: now. `Infinity` while only a response can free a place. */
  wait(now: number): number {
    const time = this.#log.advance(now)
    const count = this.#log.count()
    if (count >= this.#ceiling.cap) {
      this.#ceiling = this.#rules.afterFullWindow(this.#ceiling, time - (this.#log.oldestSentAt() ?? time), time)
      if (count >= this.#ceiling.cap) return this.#log.roomAt(this.#ceiling.cap) - time
    }
    const spacing = this.#rules.spacing(this.#ceiling, count)
    return spacing === 0 ? 0 : Math.max(0, this.#log.lastSentAt + spacing - time)
  }

  /**
   * Milliseconds that a request behind `ahead` others waits at least, if the window is full; else 0. Always 0
   * before the first refusal, while the cap grows fast.
   */
  waitBehind(ahead: number, now: number): number {
    const time = this.#log.advance(now)
    const { cap, upperBound } = this.#ceiling
    if (this.#log.count() < cap || upperBound === null) return 0
    const windows = Math.floor(ahead / cap)
    return Math.min(this.#log.roomAt(cap - (ahead % cap)), time + this.length) - time + windows * this.length
  }

  /** Records a request. Call it only when {@link wait} returns 0. */
  send(now: number): Ticket {
    this.#log.advance(now)
    return this.#log.send(this.#ceiling.epoch)
  }

  /** The request was not sent: its place is free again. */
  unsent(now: number): void {
    this.#log.advance(now)
    this.#log.unsent()
  }

  /** The request got a response, or its outcome is unknown. */
  ended(ticket: Ticket, now: number, refused = false): void {
    this.#log.advance(now)
    this.#log.end(ticket, refused)
  }

  /** The response to `ticket` was 429. Call it before {@link ended}. `until` is when sending resumes. */
  throttled(ticket: Ticket, until: number, now: number): void {
    if (ticket.epoch !== this.#ceiling.epoch) return
    const time = this.#log.advance(now)
    const refusal = {
      atLeast: this.#log.acceptedAtLeast(ticket),
      atMost: this.#log.countedAtMost(ticket),
      elapsed: time - (this.#log.oldestSentAt() ?? ticket.sentAt),
      pause: Math.max(0, until - now),
    }
    this.#ceiling = this.#rules.afterRefusal(this.#ceiling, refusal, time)
  }

  /** The state to restore after a restart. */
  learned(now: number): Readonly<Record<string, unknown>> {
    return { ...this.#ceiling, at: now }
  }
}
