import { unref } from '../../internal/unref.ts'
import type { SharedWindow } from './shared-window.ts'

/** A connection to the server that the processes share. */
export interface Link {
  readonly window: SharedWindow
  /** Runs `run` when a shared slot is free. Rejects if no slot can be obtained. */
  withSlot(run: () => Promise<void>): Promise<void>
  /** Sends a message to the other processes. */
  publish(message: string): void
  close(): Promise<void>
}

/** Connects, or rejects after a timeout. */
export type Connect = (events: { lost(): void; message(text: string): void }) => Promise<Link>

interface ConnectionHandlers {
  /** Connected; the link is used once this has resolved. */
  join(link: Link): Promise<void>
  ready(): void
  /** Connecting failed, or the link broke. */
  lost(): void
  message(text: string): void
}

const reconnectDelay = 500

/** Keeps one link: connects, and reconnects when it breaks, until it is closed. */
export class SharedConnection {
  readonly #connect: Connect
  readonly #handlers: ConnectionHandlers
  #link: Link | undefined
  #attempt = 0
  #closed = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(connect: Connect, handlers: ConnectionHandlers) {
    this.#connect = connect
    this.#handlers = handlers
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
        message: (text) => this.#handlers.message(text),
      })
      await this.#handlers.join(link)
      if (attempt !== this.#attempt || this.#closed) return await discard(link)
      this.#link = link
      this.#handlers.ready()
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
    this.#handlers.lost()
    const timer = setTimeout(() => this.open(), reconnectDelay)
    this.#timer = timer
    unref(timer)
  }
}

async function discard(link: Link): Promise<void> {
  await link.close().catch(() => {})
}
