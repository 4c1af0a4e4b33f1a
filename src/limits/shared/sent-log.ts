import { base64url, randomBytes } from '../../internal/bytes.ts'

interface SentLogOptions {
  /** Milliseconds. */
  readonly window: number
  readonly guard: number
  /** Milliseconds that a request may take. */
  readonly expiration: number
}

/**
 * The requests that this process has sent, by their ids in the shared window, so that they can be added again to a
 * server that has lost its data. Also the offset between this process's clock and the server's.
 */
export class SentLog {
  readonly #options: SentLogOptions
  readonly #now: () => number
  readonly #process = base64url(randomBytes(9))
  /** When each member leaves the window, on this process's clock. */
  readonly #leaving = new Map<string, number>()
  #lastNumber = 0
  #offset = 0
  #observed = { count: 0, at: Number.NEGATIVE_INFINITY }

  constructor(options: SentLogOptions, now: () => number) {
    this.#options = options
    this.#now = now
  }

  /** The server's clock shows `time` now. */
  syncClock(time: number): void {
    this.#offset = time - this.#now()
  }

  /** An id that no other request has. */
  nextId(): string {
    this.#lastNumber++
    return `${this.#process}:${this.#lastNumber}`
  }

  /** A request is sent. `member`: its id in the shared window; by default a new one, to add it under later. */
  begin(member = `${this.nextId()}:${Math.round(this.#now() + this.#offset)}`): string {
    const { window, guard, expiration } = this.#options
    this.#leaving.set(member, this.#now() + expiration + window + guard)
    return member
  }

  end(member: string, sent: boolean): void {
    const now = this.#now()
    this.#leaving.delete(member)
    if (!sent) this.#observed.count = Math.max(0, this.#observed.count - 1)
    if (sent) this.#leaving.set(member, now + this.#options.window + this.#options.guard)
    for (const [name, leavesAt] of this.#leaving) {
      if (leavesAt > now) break
      this.#leaving.delete(name)
    }
  }

  /** All requests that may still be in the window, and when each leaves on the server's clock. */
  sent(): readonly (readonly [member: string, leavesAt: number])[] {
    return [...this.#leaving].map(([member, leavesAt]) => [member, Math.round(leavesAt + this.#offset)])
  }

  /** The shared window contained `count` requests just now. */
  observe(count: number): void {
    this.#observed = { count, at: this.#now() }
  }

  /** The latest observed count, if it is not older than one window; else 0. */
  get observedCount(): number {
    return this.#now() - this.#observed.at < this.#options.window ? this.#observed.count : 0
  }
}
