import { unref } from '../internal/unref.ts'

/** Milliseconds. Beyond 2^31 - 1 a timer fires at once. */
const maxDelay = 2 ** 31 - 1

/** Calls `sweep` when something expires, with one timer, which keeps no process alive. */
export class SweepTimer {
  readonly #sweep: () => number | undefined
  readonly #now: () => number
  #timer: ReturnType<typeof setTimeout> | undefined
  #dueAt = 0

  /** @param sweep drops what has expired; returns the milliseconds until the next expiry */
  constructor(sweep: () => number | undefined, now: () => number) {
    this.#sweep = sweep
    this.#now = now
  }

  /** Something expires in `delay` milliseconds. */
  arm(delay: number): void {
    const now = this.#now()
    // A runtime may drop the timers of a request when it ends: one that is overdue is set again.
    if (this.#timer !== undefined && now < this.#dueAt && this.#dueAt <= now + delay) return
    this.#set(delay, now)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #set(delay: number, now: number): void {
    this.stop()
    const wait = Math.min(Math.max(delay, 1), maxDelay)
    this.#dueAt = now + wait
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const next = this.#sweep()
      if (next !== undefined) this.#set(next, this.#now())
    }, wait)
    unref(this.#timer)
  }
}
