import type { SpotifyApiError } from '../../errors.ts'
import { createEmitter } from '../../internal/emitter.ts'
import { sleep } from '../../internal/signal.ts'
import { allScopes, waitTooLongError } from '../cooldowns.ts'
import type { Cooldown, Limiter, LimiterEvents, LimiterState, ScheduleOptions, Slot } from '../limiter.ts'
import { checkOptions, defaultShare, type LimiterOptions } from '../options.ts'
import { PauseController } from '../pause-controller.ts'
import { CallQueue, closedError, maxTimerDelay } from '../queue.ts'
import { runJob } from '../run-job.ts'
import { type Connect, type Link, SharedConnection } from './shared-connection.ts'
import { type Grant, SharedView } from './shared-view.ts'
import type { SharedTicket } from './shared-window.ts'

export interface SharedLimiterOptions extends LimiterOptions {
  /** The share of the ceiling that this process uses while Redis is unavailable. @default 0.25 */
  readonly share?: number | undefined
  /** The state to start from if nothing is shared yet. */
  readonly restore?: LimiterState | undefined
}

/** Milliseconds for which a slot may be held until its place in the window is free. */
const maxSlotHold = 500
/** Milliseconds after which a full window is checked again, because places may have become free. */
const recheckInterval = 1000

/** A limiter with shared slots, window and cooldowns; it works alone at a share of the ceiling while the server is unavailable. */
export class SharedLimiter implements Limiter {
  readonly #now: () => number
  readonly #maxConcurrent: number
  readonly #maxWait: number
  readonly #slotsAlone: number
  readonly #emitter = createEmitter<LimiterEvents>()
  readonly on: Limiter['on'] = this.#emitter.on
  readonly onAny: NonNullable<Limiter['onAny']> = this.#emitter.onAny
  readonly #queue: CallQueue<Grant>
  readonly #pauses: PauseController
  readonly #connection: SharedConnection
  readonly #view: SharedView
  #closed = false
  #running = 0
  #slotRequests = 0
  #notBefore = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #idle: (() => void)[] = []

  /** `expiration`: milliseconds that a request may take. */
  constructor(options: SharedLimiterOptions, expiration: number, connect: Connect) {
    const { maxConcurrent, maxQueue, maxWait, now } = checkOptions(options)
    const { share = defaultShare } = options
    this.#now = now
    this.#maxConcurrent = maxConcurrent
    this.#maxWait = maxWait
    this.#slotsAlone = Math.max(1, Math.floor(maxConcurrent * share))
    this.#queue = new CallQueue(maxQueue)
    this.#pauses = new PauseController(this.#queue, this.#emitter, now, options.restore?.cooldowns)
    this.#view = new SharedView(options, { expiration, share }, now, this.#emitter)
    this.#connection = new SharedConnection(connect, {
      join: (link) => this.#join(link),
      ready: () => this.#onReady(),
      lost: () => this.#onLost(),
      message: (text) => this.#onMessage(text),
    })
    void this.#connection.open()
  }

  schedule<T>(job: (slot: Slot) => Promise<T>, options: ScheduleOptions = {}): Promise<T> {
    const { signal, scope = allScopes, maxWait = this.#maxWait } = options
    if (this.#closed) return Promise.reject(closedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const now = this.#now()
    const cooldown = this.#pauses.cooldowns.forScope(scope, now)
    if (cooldown !== undefined && cooldown.until - now > maxWait) return Promise.reject(waitTooLongError(cooldown))
    const result = this.#queue.enqueue({
      scope,
      deadline: now + maxWait,
      timeout: maxWait,
      signal,
      run: (grant) => this.#run(job, scope, grant),
      timeoutError: () => this.#timeoutError(scope),
    })
    this.#pump()
    return result
  }

  state(): LimiterState {
    const now = this.#now()
    return {
      ...this.#view.state(),
      running: this.#running,
      queued: this.#queue.size,
      cooldowns: this.#pauses.cooldowns.active(now),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#pauses.close()
    for (const call of this.#queue.calls()) call.fail(closedError())
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
    await this.#connection.close()
  }

  #run<T>(job: (slot: Slot) => Promise<T>, scope: string, grant: Grant): Promise<T> {
    this.#running++
    const throttled: Slot['throttled'] = (info) => this.#throttled(grant, info)
    return runJob(job, throttled, (outcome) => {
      this.#running--
      this.#view.end(grant, outcome)
      if (outcome === 'ok') this.#pauses.cooldowns.succeeded(scope)
      const link = this.#connection.link
      if (link !== undefined) this.#report(grant, link, () => link.window.finish(grant.member, outcome, scope))
      if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle()
      if (this.#view.alone) this.#pump()
    })
  }

  #throttled(grant: Grant, info: Parameters<Slot['throttled']>[0]): number {
    const { reason } = info
    const now = this.#now()
    const { cooldown } = this.#pauses.pause(info)
    const link = this.#connection.link
    if (link === undefined) {
      if (reason === 'rate') this.#view.throttledAlone(grant, cooldown.until)
      return cooldown.until
    }
    const retryIn = info.retryAt === undefined ? undefined : info.retryAt - now
    this.#report(grant, link, async () => {
      const { now: at, cooldown: shared, ceiling } = await link.window.refuse(grant, cooldown.scope, reason, retryIn)
      this.#pauses.applyRemote(shared, at)
      if (ceiling !== undefined) this.#view.learn(ceiling)
      link.publish(JSON.stringify({ ...shared, now: at }))
    })
    return cooldown.until
  }

  /** Reports to the shared window; a failed report counts as a broken link. */
  #report(grant: Grant, link: Link, send: () => Promise<unknown>): void {
    grant.reported = Promise.all([grant.reported, send().catch(() => this.#connection.failed(link))])
  }

  /** Starts the calls that may start now, and sets the timer for the next one. */
  #pump(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closed || this.#queue.size === 0) return
    const now = this.#now()
    this.#pauses.resume(now)
    const { call, readyAt } = this.#next(now)
    let next = readyAt
    const link = this.#connection.link
    if (call !== undefined && this.#view.alone) next = this.#startAlone(now)
    else if (call !== undefined && link !== undefined) {
      next = this.#notBefore
      if (this.#notBefore <= now) {
        for (let free = Math.min(this.#queue.size, this.#maxConcurrent) - this.#slotRequests; free > 0; free--)
          this.#requestSlot(link)
        return
      }
    }
    if (Number.isFinite(next) && next > now) {
      this.#timer = setTimeout(() => this.#pump(), Math.min(Math.max(Math.ceil(next - now), 1), maxTimerDelay))
    }
  }

  #startAlone(now: number): number {
    while (this.#running < this.#slotsAlone) {
      const { call, readyAt } = this.#next(now)
      if (call === undefined) return readyAt
      const wait = this.#view.waitAlone(now)
      if (wait > 0) return now + wait
      void call.start(this.#view.send())
    }
    return Number.POSITIVE_INFINITY
  }

  #requestSlot(link: Link): void {
    this.#slotRequests++
    const run = (): Promise<void> => this.#useSlot(link).catch(() => this.#connection.failed(link))
    link
      .withSlot(run)
      .catch(() => this.#connection.failed(link))
      .then(() => {
        if (this.#connection.link !== link) return
        this.#slotRequests--
        this.#pump()
      })
  }

  /** In a slot: requests a place in the window, and runs the call that has waited longest. */
  async #useSlot(link: Link): Promise<void> {
    while (this.#connection.link === link && !this.#closed && this.#notBefore <= this.#now()) {
      const first = this.#next(this.#now()).call
      if (first === undefined) return
      const admission = await this.#view.admit(link, first.scope, maxSlotHold)
      if (admission.status === 'sent') {
        if (admission.delay > 0) await sleep(admission.delay)
        return this.#start(admission.ticket, link, first.scope)
      }
      if (admission.status === 'paused') return this.#pauses.applyRemote(admission.cooldown, admission.now)
      if (admission.status === 'unknown') await this.#join(link)
      else this.#notBefore = this.#now() + Math.min(admission.wait - maxSlotHold / 2, recheckInterval)
    }
  }

  /** The place is free: the call that has waited longest takes it, unless none is left or all are paused. */
  async #start(ticket: SharedTicket, link: Link, scope: string): Promise<void> {
    const call = this.#connection.link === link ? this.#next(this.#now()).call : undefined
    if (call === undefined) return link.window.finish(ticket.member, 'unsent', scope)
    const grant = this.#view.send(ticket)
    await call.start(grant)
    await grant.reported
  }

  #next(now: number): ReturnType<CallQueue<Grant>['next']> {
    return this.#queue.next((scope) => this.#pauses.cooldowns.forScope(scope, now)?.until)
  }

  async #join(link: Link): Promise<void> {
    await this.#view.join(link, this.#pauses.cooldowns.active(this.#now()))
  }

  #onReady(): void {
    this.#slotRequests = 0
    this.#notBefore = 0
    this.#view.rejoin()
    this.#pump()
  }

  #onLost(): void {
    this.#view.leave()
    this.#pump()
  }

  #onMessage(text: string): void {
    try {
      const remote: Cooldown & { readonly now: number } = JSON.parse(text)
      this.#pauses.applyRemote(remote, remote.now)
    } catch {} // Other messages on this channel are ignored.
  }

  #timeoutError(scope: string): SpotifyApiError {
    this.#pump()
    const now = this.#now()
    const until = Math.max(now, this.#notBefore)
    return waitTooLongError(this.#pauses.cooldowns.forScope(scope, now) ?? { until, reason: 'rate' })
  }
}
