import { isStagedoorError, SpotifyApiError } from '../errors.ts'
import { createEmitter } from '../internal/emitter.ts'
import { sleep } from '../internal/signal.ts'
import { type Ceiling, CeilingRules, learnedCeiling } from './ceiling.ts'
import { everyone, tooLong } from './cooldowns.ts'
import type { Cooldown, Limiter, LimiterEvents, LimiterState, ScheduleOptions, Slot } from './limiter.ts'
import { checked, type LimiterOptions } from './options.ts'
import { Pauses } from './pauses.ts'
import { type Connect, type Link, SharedConnection } from './shared-connection.ts'
import { SharedLog } from './shared-log.ts'
import type { SharedTicket } from './shared-window.ts'
import { longestTimer, type Waiting, WaitingLine } from './waiting-line.ts'
import { LearnedWindow, type Ticket } from './window.ts'

export interface SharedLimiterOptions extends LimiterOptions {
  /** The share of the ceiling that this process uses while the server is away; default 0.25. */
  readonly share?: number | undefined
  /** What to start from where nothing is shared yet. */
  readonly restore?: LimiterState | undefined
}

/** A request that was let through. */
interface Grant {
  readonly member: string
  readonly count: number
  /** `undefined`: let through alone, so that the shared ceiling learns nothing from it. */
  readonly epoch: number | undefined
  readonly own: Ticket
  /** What the shared window is still being told. */
  told: Promise<unknown>
}

/** Milliseconds for which a slot is held until its place in the window is there. */
const longestHeldWait = 500
/** Milliseconds after which a full window is looked at again, because places may have been given back. */
const longestUnasked = 1000
/** Milliseconds by which a pause is taken to be longer here than at the server, for the way of its message. */
const mirrorSlack = 10

/** A limiter whose slots, window and cooldowns are shared; alone at a share of the ceiling while the server is away. */
export class SharedLimiter implements Limiter {
  readonly #now: () => number
  readonly #maxConcurrent: number
  readonly #maxWait: number
  readonly #share: number
  readonly #emitter = createEmitter<LimiterEvents>()
  readonly #line: WaitingLine<Grant>
  readonly #pauses: Pauses
  readonly #connection: SharedConnection
  /** Everything that this process sends, and what it goes by while it is alone. */
  readonly #own: LearnedWindow
  readonly #log: SharedLog
  #alone = false
  #closed = false
  #ceiling: Ceiling
  #announced: number
  #running = 0
  #turns = 0
  #notBefore = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #idle: (() => void)[] = []

  /** `hold`: milliseconds that a request may take. */
  constructor(options: SharedLimiterOptions, hold: number, connect: Connect) {
    const { maxConcurrent, maxQueue, maxWait, now } = checked(options)
    const rules = new CeilingRules(options)
    this.#now = now
    this.#maxConcurrent = maxConcurrent
    this.#maxWait = maxWait
    this.#share = options.share ?? 0.25
    this.#line = new WaitingLine(maxQueue)
    this.#pauses = new Pauses(this.#line, this.#emitter, now, options.restore?.cooldowns)
    this.#own = new LearnedWindow(options, now())
    this.#log = new SharedLog({ window: rules.window, guard: options.guard ?? 50, hold }, now)
    this.#ceiling = rules.restored(options.restore?.learned, now()) ?? rules.initial()
    this.#announced = learnedCeiling(this.#ceiling)
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
      ceiling: learnedCeiling(this.#ceiling),
      cap: this.#alone ? this.#own.cap : this.#ceiling.cap,
      window: this.#own.length,
      inWindow: Math.max(this.#alone ? 0 : this.#log.seen, this.#own.count(now)),
      running: this.#running,
      queued: this.#line.size,
      cooldowns: this.#pauses.cooldowns.active(now),
      learned: { ...this.#ceiling, at: now },
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

  async #run<T>(job: (slot: Slot) => Promise<T>, scope: string, grant: Grant): Promise<T> {
    let sent = true
    let refused = false
    this.#running++
    try {
      return await job({
        throttled: (info) => {
          refused = true
          return this.#throttled(grant, info)
        },
        unsent: () => {
          sent = false
        },
      })
    } catch (error) {
      if (isStagedoorError(error) && error.code === 'API_CIRCUIT_OPEN') sent = false
      throw error
    } finally {
      this.#running--
      const outcome = refused ? 'refused' : sent ? 'ok' : 'unsent'
      if (outcome === 'unsent') this.#own.unsent(this.#now())
      else this.#own.ended(grant.own, this.#now(), refused)
      if (outcome === 'ok') this.#pauses.cooldowns.succeeded(scope)
      this.#log.end(grant.member, outcome !== 'unsent')
      const link = this.#connection.link
      if (link !== undefined) this.#tell(grant, link, () => link.window.finish(grant.member, outcome, scope))
      if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle()
      if (this.#alone) this.#pump()
    }
  }

  #throttled(grant: Grant, info: Parameters<Slot['throttled']>[0]): number {
    const { reason } = info
    const now = this.#now()
    const { cooldown } = this.#pauses.pause(info)
    const link = this.#connection.link
    if (link === undefined) {
      if (reason === 'rate') this.#own.throttled(grant.own, cooldown.until, now)
      return cooldown.until
    }
    const retryIn = info.retryAt === undefined ? undefined : info.retryAt - now
    this.#tell(grant, link, async () => {
      const { now: at, cooldown: shared, ceiling } = await link.window.refuse(grant, cooldown.scope, reason, retryIn)
      this.#mirror(shared, at)
      if (ceiling !== undefined) this.#learn(ceiling)
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
    const { call, at } = this.#line.next((scope) => this.#pauses.cooldowns.of(scope, now)?.until)
    let next = at
    const link = this.#connection.link
    if (call !== undefined && this.#alone) next = this.#startAlone(now)
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
    const slots = Math.max(1, Math.floor(this.#maxConcurrent * this.#share))
    while (this.#running < slots) {
      const { call, at } = this.#line.next((scope) => this.#pauses.cooldowns.of(scope, now)?.until)
      if (call === undefined) return at
      const wait = this.#own.wait(now)
      if (wait > 0) return now + wait
      const own = this.#own.send(now)
      void call.start({ member: this.#log.begin(), count: 0, epoch: undefined, own, told: Promise.resolve() })
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
      const first = this.#first()
      if (first === undefined) return
      const admission = await link.window.admit(this.#log.name(), first.scope, longestHeldWait)
      this.#log.clock(admission.now)
      if (admission.status === 'sent') {
        this.#log.saw(admission.ticket.count)
        this.#learn(admission.ceiling)
        if (admission.delay > 0) await sleep(admission.delay)
        return this.#start(admission.ticket, link, first.scope)
      }
      if (admission.status === 'paused') return this.#mirror(admission.cooldown, admission.now)
      if (admission.status === 'unknown') await this.#join(link)
      else {
        this.#log.saw(admission.count)
        this.#notBefore = this.#now() + Math.min(admission.wait - longestHeldWait / 2, longestUnasked)
      }
    }
  }

  async #start(ticket: SharedTicket, link: Link, scope: string): Promise<void> {
    this.#log.begin(ticket.member)
    const call = this.#connection.link === link ? this.#first() : undefined
    if (call === undefined) {
      this.#log.end(ticket.member, false)
      return link.window.finish(ticket.member, 'unsent', scope)
    }
    const grant: Grant = { ...ticket, own: this.#own.send(this.#now()), told: Promise.resolve() }
    await call.start(grant)
    await grant.told
  }

  #first(): Waiting<Grant> | undefined {
    const now = this.#now()
    return this.#line.next((scope) => this.#pauses.cooldowns.of(scope, now)?.until).call
  }

  async #join(link: Link): Promise<void> {
    const { now } = await link.window.join(this.#ceiling, [])
    this.#log.clock(now)
    const { ceiling } = await link.window.join(this.#ceiling, this.#log.sent())
    this.#learn(ceiling)
  }

  #ready(): void {
    this.#turns = 0
    this.#notBefore = 0
    if (this.#alone) this.#emitter.emit('limiter.degraded', { degraded: false })
    this.#alone = false
    this.#pump()
  }

  #lose(): void {
    if (!this.#alone) {
      this.#own.pin(Math.max(1, Math.floor(learnedCeiling(this.#ceiling) * this.#share)))
      this.#alone = true
      this.#emitter.emit('limiter.degraded', { degraded: true })
    }
    this.#pump()
  }

  /** Another process was told to wait. `now`: the server's clock when it said so. */
  #mirror(cooldown: Cooldown, now: number): void {
    const { scope, reason } = cooldown
    const at = this.#now()
    const retryAt = at + cooldown.until - now + mirrorSlack
    const known = this.#pauses.cooldowns.active(at).find((active) => active.scope === scope)
    if (known === undefined || retryAt > known.until + 5 * mirrorSlack) this.#pauses.pause({ scope, reason, retryAt })
  }

  #hear(message: string): void {
    const heard = JSON.parse(message) as Cooldown & { readonly now: number }
    this.#mirror(heard, heard.now)
  }

  #learn(ceiling: Ceiling): void {
    this.#ceiling = ceiling
    const [learned, previous] = [learnedCeiling(ceiling), this.#announced]
    if (learned === previous) return
    this.#announced = learned
    this.#emitter.emit('limiter.ceiling_changed', { ceiling: learned, previous })
  }

  #late(scope: string): SpotifyApiError {
    this.#pump()
    const now = this.#now()
    const until = Math.max(now, this.#notBefore)
    return tooLong(this.#pauses.cooldowns.of(scope, now) ?? { until, reason: 'rate' })
  }
}

function closed(): SpotifyApiError {
  return new SpotifyApiError('API_CLOSED', 'The limiter is closed.')
}
