import { base64url, randomBytes } from '../../internal/bytes.ts'

export interface SharedLogOptions {
  /** Milliseconds. */
  readonly window: number
  readonly guard: number
  /** Milliseconds that a request may take. */
  readonly hold: number
}

/**
 * What this process has sent, by the names under which the shared window keeps it, so that it can be told again to a
 * server that has forgotten. Also the difference between this process's clock and the server's.
 */
export class SharedLog {
  readonly #options: SharedLogOptions
  readonly #now: () => number
  readonly #process = base64url(randomBytes(9))
  /** Members with when they leave the window, on this process's clock. */
  readonly #leaving = new Map<string, number>()
  #numbers = 0
  #offset = 0
  #shared = { count: 0, at: Number.NEGATIVE_INFINITY }

  constructor(options: SharedLogOptions, now: () => number) {
    this.#options = options
    this.#now = now
  }

  /** The server's clock said `time` just now. */
  clock(time: number): void {
    this.#offset = time - this.#now()
  }

  /** A name that no other request has. */
  name(): string {
    this.#numbers++
    return `${this.#process}:${this.#numbers}`
  }

  /** A request is sent. `member`: its name in the shared window; without one, the one that it will be told under. */
  begin(member = `${this.name()}:${Math.round(this.#now() + this.#offset)}`): string {
    const { window, guard, hold } = this.#options
    this.#leaving.set(member, this.#now() + hold + window + guard)
    return member
  }

  end(member: string, sent: boolean): void {
    const now = this.#now()
    this.#leaving.delete(member)
    if (!sent) this.#shared.count = Math.max(0, this.#shared.count - 1)
    if (sent) this.#leaving.set(member, now + this.#options.window + this.#options.guard)
    for (const [name, leavesAt] of this.#leaving) {
      if (leavesAt > now) break
      this.#leaving.delete(name)
    }
  }

  /** Everything that may still be in the window, with when it leaves on the server's clock. */
  sent(): readonly (readonly [member: string, leavesAt: number])[] {
    return [...this.#leaving].map(([member, leavesAt]) => [member, Math.round(leavesAt + this.#offset)])
  }

  /** The shared window was seen to hold `count`. */
  saw(count: number): void {
    this.#shared = { count, at: this.#now() }
  }

  /** How many it held, if that was seen within one window. */
  get seen(): number {
    return this.#now() - this.#shared.at < this.#options.window ? this.#shared.count : 0
  }
}
