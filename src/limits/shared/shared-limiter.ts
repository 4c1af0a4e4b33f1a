import type { SpotifyApiError } from '../../errors.ts'
import { createEmitter } from '../../internal/emitter.ts'
import { sleep } from '../../internal/signal.ts'
import { everyone, tooLong } from '../cooldowns.ts'
import type { Cooldown, Limiter, LimiterEvents, LimiterState, ScheduleOptions, Slot } from '../limiter.ts'
import { checked, type LimiterOptions } from '../options.ts'
import { Pauses } from '../pauses.ts'
import { closed, longestTimer, WaitingLine } from '../queue.ts'
import { runJob } from '../run-job.ts'
import { type Connect, type Link, SharedConnection } from './connection.ts'
import { type Grant, SharedView } from './view.ts'
import type { SharedTicket } from './window.ts'

export interface SharedLimiterOptions extends LimiterOptions {
  /** The share of the ceiling that this process uses while the server is away; default 0.25. */
  readonly share?: number | undefined
  /** What to start from where nothing is shared yet. */
  readonly restore?: LimiterState | undefined
}

/** Milliseconds for which a slot is held until its place in the window is there. */
const longestHeldWait = 500
/** Milliseconds after which a full window is looked at again, because places may have been given back. */
const longestUnasked = 1000

/** A limiter whose slots, window and cooldowns are shared; alone at a share of the ceiling while the server is away. */
export class SharedLimiter implements Limiter {
  readonly #now: () => number
  readonly #maxConcurrent: number
  readonly #maxWait: number
  readonly #slotsAlone: number
  readonly #emitter = createEmitter<LimiterEvents>()
  readonly #line: WaitingLine<Grant>
  readonly #pauses: Pauses
  readonly #connection: SharedConnection
  readonly #view: SharedView
  #closed = false
  #running = 0
  #turns = 0
  #notBefore = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #idle: (() => void)[] = []

  /** `hold`: milliseconds that a request may take. */
  constructor(options: SharedLimiterOptions, hold: number, connect: Connect) {
    const { maxConcurrent, maxQueue, maxWait, now } = checked(options)
    const { share = 0.25 } = options
    this.#now = now
    this.#maxConcurrent = maxConcurrent
    this.#maxWait = maxWait
    this.#slotsAlone = Math.max(1, Math.floor(maxConcurrent * share))
    this.#line = new WaitingLine(maxQueue)
    this.#pauses = new Pauses(this.#line, this.#emitter, now, options.restore?.cooldowns)
    this.#view = new SharedView(options, { hold, share }, now, this.#emitter)
    this.#connection = new SharedConnection(connect, {
      joined: (link) => this.#join(link),
      ready: () => this.#ready(),
      lost: () => this.#lose(),
      heard: (message) => this.#hear(message),
    })
    void this.#connection.open()
  }

  schedule<T>(job: (slot: Slot) => Promise<T>, options: ScheduleOptions = {}): Promise<T> {
    const { signal, scope = everyone, maxWait = this.#maxWait } = options
    if (this.#closed) return Promise.reject(closed())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const now = this.#now()
    const cooldown = this.#pauses.cooldowns.of(scope, now)
    if (cooldown !== undefined && cooldown.until - now > maxWait) return Promise.reject(tooLong(cooldown))
    const result = this.#line.enter({
      scope,
      deadline: now + maxWait,
      patience: maxWait,
      signal,
      run: (grant) => this.#run(job, scope, grant),
      late: () => this.#late(scope),
    })
    this.#pump()
    return result
  }

  state(): LimiterState {
    const now = this.#now()
    return {
      ...this.#view.state(),
      running: this.#running,
      queued: this.#line.size,
      cooldowns: this.#pauses.cooldowns.active(now),
    }
  }

  on<E extends keyof LimiterEvents>(event: E, listener: (payload: LimiterEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#pauses.close()
    for (const call of this.#line.waiting()) call.fail(closed())
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
      if (link !== undefined) this.#tell(grant, link, () => link.window.finish(grant.member, outcome, scope))
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
      if (reason === 'rate') this.#view.refusedAlone(grant, cooldown.until)
      return cooldown.until
    }
    const retryIn = info.retryAt === undefined ? undefined : info.retryAt - now
    this.#tell(grant, link, async () => {
      const { now: at, cooldown: shared, ceiling } = await link.window.refuse(grant, cooldown.scope, reason, retryIn)
      this.#pauses.mirror(shared, at)
      if (ceiling !== undefined) this.#view.learn(ceiling)
      link.say(JSON.stringify({ ...shared, now: at }))
    })
    return cooldown.until
  }

  /** Tells the shared window in the order of what happened. */
  #tell(grant: Grant, link: Link, message: () => Promise<unknown>): void {
    grant.told = Promise.all([grant.told, message().catch(() => this.#connection.failed(link))])
  }

  /** Starts what may start, and sets the timer for what may start later. */
  #pump(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closed || this.#line.size === 0) return
    const now = this.#now()
    this.#pauses.resume(now)
    const { call, at } = this.#next(now)
    let next = at
    const link = this.#connection.link
    if (call !== undefined && this.#view.alone) next = this.#startAlone(now)
    else if (call !== undefined && link !== undefined) {
      next = this.#notBefore
      if (this.#notBefore <= now) {
        for (let free = Math.min(this.#line.size, this.#maxConcurrent) - this.#turns; free > 0; free--) this.#take(link)
        return
      }
    }
    if (Number.isFinite(next) && next > now) {
      this.#timer = setTimeout(() => this.#pump(), Math.min(Math.max(Math.ceil(next - now), 1), longestTimer))
    }
  }

  #startAlone(now: number): number {
    while (this.#running < this.#slotsAlone) {
      const { call, at } = this.#next(now)
      if (call === undefined) return at
      const wait = this.#view.waitAlone(now)
      if (wait > 0) return now + wait
      void call.start(this.#view.send())
    }
    return Number.POSITIVE_INFINITY
  }

  #take(link: Link): void {
    this.#turns++
    const turn = (): Promise<void> => this.#turn(link).catch(() => this.#connection.failed(link))
    link
      .take(turn)
      .catch(() => this.#connection.failed(link))
      .then(() => {
        if (this.#connection.link !== link) return
        this.#turns--
        this.#pump()
      })
  }

  /** Holds a slot: asks for a place in the window, and runs the call that has waited longest. */
  async #turn(link: Link): Promise<void> {
    while (this.#connection.link === link && !this.#closed && this.#notBefore <= this.#now()) {
      const first = this.#next(this.#now()).call
      if (first === undefined) return
      const admission = await this.#view.admit(link, first.scope, longestHeldWait)
      if (admission.status === 'sent') {
        if (admission.delay > 0) await sleep(admission.delay)
        return this.#start(admission.ticket, link, first.scope)
      }
      if (admission.status === 'paused') return this.#pauses.mirror(admission.cooldown, admission.now)
      if (admission.status === 'unknown') await this.#join(link)
      else this.#notBefore = this.#now() + Math.min(admission.wait - longestHeldWait / 2, longestUnasked)
    }
  }

  /** The place is there: the call that has waited longest takes it, unless all have gone or are paused by now. */
  async #start(ticket: SharedTicket, link: Link, scope: string): Promise<void> {
    const call = this.#connection.link === link ? this.#next(this.#now()).call : undefined
    if (call === undefined) return link.window.finish(ticket.member, 'unsent', scope)
    const grant = this.#view.send(ticket)
    await call.start(grant)
    await grant.told
  }

  #next(now: number): ReturnType<WaitingLine<Grant>['next']> {
    return this.#line.next((scope) => this.#pauses.cooldowns.of(scope, now)?.until)
  }

  async #join(link: Link): Promise<void> {
    await this.#view.join(link, this.#pauses.cooldowns.active(this.#now()))
  }

  #ready(): void {
    this.#turns = 0
    this.#notBefore = 0
    this.#view.rejoin()
    this.#pump()
  }

  #lose(): void {
    this.#view.leave()
    this.#pump()
  }

  #hear(message: string): void {
    try {
      const heard: Cooldown & { readonly now: number } = JSON.parse(message)
      this.#pauses.mirror(heard, heard.now)
    } catch {} // Whatever else is said on this channel is not for this limiter.
  }

  #late(scope: string): SpotifyApiError {
    this.#pump()
    const now = this.#now()
    const until = Math.max(now, this.#notBefore)
    return tooLong(this.#pauses.cooldowns.of(scope, now) ?? { until, reason: 'rate' })
  }
}
