import type { SharedWindow } from './window.ts'

/** A connection to the server that the processes share. */
export interface Link {
  readonly window: SharedWindow
  /** Runs `turn` when one of the slots of all processes is free. Rejects if it never will be. */
  take(turn: () => Promise<void>): Promise<void>
  /** Tells the other processes. */
  say(message: string): void
  close(): Promise<void>
}

/** Connects, or rejects in good time. */
export type Connect = (events: { lost(): void; heard(message: string): void }) => Promise<Link>

export interface ConnectionEvents {
  /** The link is there; it is used once this has resolved. */
  joined(link: Link): Promise<void>
  ready(): void
  /** There is no link, or no longer. */
  lost(): void
  heard(message: string): void
}

const retryAfter = 500

/** Keeps one link: connects, notices when it breaks, and tries again until it is closed. */
export class SharedConnection {
  readonly #connect: Connect
  readonly #events: ConnectionEvents
  #link: Link | undefined
  #attempt = 0
  #closed = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(connect: Connect, events: ConnectionEvents) {
    this.#connect = connect
    this.#events = events
  }

  /** The link in use. */
  get link(): Link | undefined {
    return this.#link
  }

  async open(): Promise<void> {
    const attempt = ++this.#attempt
    let link: Link | undefined
    try {
      link = await this.#connect({
        lost: () => this.#lose(attempt, link),
        heard: (message) => this.#events.heard(message),
      })
      await this.#events.joined(link)
      if (attempt !== this.#attempt || this.#closed) return await discard(link)
      this.#link = link
      this.#events.ready()
    } catch {
      this.#lose(attempt, link)
    }
  }

  /** A call over `link` failed. */
  failed(link: Link): void {
    if (link === this.#link) this.#lose(this.#attempt, link)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    const link = this.#link
    this.#link = undefined
    if (link !== undefined) await discard(link)
  }

  #lose(attempt: number, link: Link | undefined): void {
    if (link !== undefined) void discard(link)
    if (attempt !== this.#attempt || this.#closed) return
    this.#attempt++
    this.#link = undefined
    this.#events.lost()
    const timer = setTimeout(() => this.open(), retryAfter)
    this.#timer = timer
    const { unref } = timer as { unref?: () => void }
    unref?.call(timer)
  }
}

async function discard(link: Link): Promise<void> {
  await link.close().catch(() => {})
}
