import { isStagedoorError, SpotifyApiError } from '../errors.ts'
import { createEmitter } from '../internal/emitter.ts'
import { Cooldowns, everyone, tooLong } from './cooldowns.ts'
import type { Cooldown, Limiter, LimiterEvents, LimiterState, ScheduleOptions, Slot } from './limiter.ts'
import { checked, type LimiterOptions } from './options.ts'
import { longestTimer, WaitingLine } from './waiting-line.ts'
import { LearnedWindow, type Ticket } from './window.ts'

export interface AdaptiveLimiterOptions extends LimiterOptions {
  /** What an earlier process learned, from its `state()`: cooldowns included. */
  readonly restore?: LimiterState | undefined
}

/**
 * Creates the in-process limiter: first in, first out, under a ceiling that it learns from the answers.
 * It holds no timer while nothing waits.
 * @throws ConfigError `CONFIG_INVALID`
 */
export function adaptiveLimiter(options: AdaptiveLimiterOptions = {}): Limiter {
  return new LocalLimiter(options)
}

class LocalLimiter implements Limiter {
  readonly #now: () => number
  readonly #maxConcurrent: number
  readonly #maxWait: number
  readonly #window: LearnedWindow
  readonly #cooldowns: Cooldowns
  readonly #line: WaitingLine
  readonly #emitter = createEmitter<LimiterEvents>()
  #running = 0
  #closed = false
  #idle: (() => void)[] = []
  #pumpTimer: ReturnType<typeof setTimeout> | undefined
  #resumeTimer: ReturnType<typeof setTimeout> | undefined
  #ceiling: number

  constructor(options: AdaptiveLimiterOptions) {
    const { maxConcurrent, maxQueue, maxWait, now } = checked(options)
    this.#now = now
    this.#maxConcurrent = maxConcurrent
    this.#maxWait = maxWait
    this.#window = new LearnedWindow(options, now(), options.restore)
    this.#cooldowns = new Cooldowns(options.restore?.cooldowns)
    this.#line = new WaitingLine(maxQueue)
    this.#ceiling = this.#window.ceiling
  }

  schedule<T>(job: (slot: Slot) => Promise<T>, options: ScheduleOptions = {}): Promise<T> {
    const { signal, scope = everyone, maxWait = this.#maxWait } = options
    if (this.#closed) return Promise.reject(closed())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const now = this.#now()
    const cooldown = this.#cooldowns.of(scope, now)
    if (cooldown === undefined && this.#line.size === 0 && this.#running < this.#maxConcurrent) {
      const wait = this.#window.wait(now)
      if (wait === 0) return this.#run(job, scope, now)
      if (!(wait <= maxWait) && Number.isFinite(wait))
        return Promise.reject(tooLong({ until: now + wait, reason: 'rate' }))
    }
    const due = cooldown ?? this.#due(this.#line.size, now)
    if (due !== undefined && due.until - now > maxWait) return Promise.reject(tooLong(due))
    const result = this.#line.enter({
      scope,
      deadline: now + maxWait,
      patience: maxWait,
      signal,
      run: () => this.#run(job, scope, this.#now()),
      late: () => this.#late(scope),
    })
    this.#pump()
    return result
  }

  state(): LimiterState {
    const now = this.#now()
    return {
      ceiling: this.#window.ceiling,
      cap: this.#window.cap,
      window: this.#window.length,
      inWindow: this.#window.count(now),
      running: this.#running,
      queued: this.#line.size,
      cooldowns: this.#cooldowns.active(now),
      learned: this.#window.learned(now),
    }
  }

  on<E extends keyof LimiterEvents>(event: E, listener: (payload: LimiterEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#pumpTimer)
    clearTimeout(this.#resumeTimer)
    for (const call of this.#line.waiting()) call.fail(closed())
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  async #run<T>(job: (slot: Slot) => Promise<T>, scope: string, now: number): Promise<T> {
    const ticket = this.#window.send(now)
    let sent = true
    let refused = false
    this.#running++
    try {
      return await job({
        throttled: (info) => {
          refused = true
          return this.#throttled(ticket, info)
        },
        unsent: () => {
          sent = false
        },
      })
    } catch (error) {
      if (isStagedoorError(error) && error.code === 'API_CIRCUIT_OPEN') sent = false
      throw error
    } finally {
      const time = this.#now()
      this.#running--
      if (sent || refused) this.#window.ended(ticket, time, refused)
      else this.#window.unsent(time)
      if (sent && !refused) this.#cooldowns.succeeded(scope)
      if (this.#line.size > 0) this.#pump()
      else this.#announce()
      if (this.#running === 0 && this.#idle.length > 0) for (const idle of this.#idle.splice(0)) idle()
    }
  }

  #throttled(ticket: Ticket, info: Parameters<Slot['throttled']>[0]): number {
    const now = this.#now()
    const scope = info.reason === 'rate' ? everyone : info.scope
    const { cooldown, changed } = this.#cooldowns.pause(scope, info.reason, info.retryAt, now)
    if (info.reason === 'rate') this.#window.throttled(ticket, cooldown.until, now)
    this.#announce()
    if (changed) {
      this.#emitter.emit('limiter.paused', cooldown)
      for (const call of this.#line.waiting(scope === everyone ? undefined : scope)) {
        if (call.deadline < cooldown.until) call.fail(tooLong(cooldown))
      }
      this.#resumeLater(now)
      this.#pump()
    }
    return cooldown.until
  }

  /** Starts what may start, and sets the timer for what may start later. */
  #pump(): void {
    clearTimeout(this.#pumpTimer)
    this.#pumpTimer = undefined
    if (this.#closed) return
    const now = this.#now()
    this.#resume(now)
    let at = Number.POSITIVE_INFINITY
    while (this.#running < this.#maxConcurrent && this.#line.size > 0) {
      const next = this.#line.next((scope) => this.#cooldowns.of(scope, now)?.until)
      at = next.at
      if (next.call === undefined) break
      const wait = this.#window.wait(now)
      if (wait > 0) {
        at = now + wait
        break
      }
      next.call.start()
    }
    this.#announce()
    if (this.#line.size === 0 || this.#running >= this.#maxConcurrent || !Number.isFinite(at)) return
    this.#pumpTimer = setTimeout(() => this.#pump(), Math.min(Math.max(Math.ceil(at - now), 1), longestTimer))
  }

  /** When a call behind `ahead` others can start at the earliest, if the window is what holds it up. */
  #due(ahead: number, now: number): Pick<Cooldown, 'until' | 'reason'> | undefined {
    const wait = this.#window.waitBehind(ahead, now)
    return wait === 0 ? undefined : { until: now + wait, reason: 'rate' }
  }

  #late(scope: string): SpotifyApiError {
    const now = this.#now()
    return tooLong(this.#cooldowns.of(scope, now) ?? this.#due(this.#line.size, now) ?? { until: now, reason: 'rate' })
  }

  #resume(now: number): void {
    for (const scope of this.#cooldowns.expire(now)) this.#emitter.emit('limiter.resumed', { scope })
  }

  /** Says that a pause has ended also when nobody calls; never keeps the process alive for it. */
  #resumeLater(now: number): void {
    clearTimeout(this.#resumeTimer)
    const ends = this.#cooldowns.active(now).map(({ until }) => until - now)
    if (ends.length === 0 || this.#closed) return
    const wait = Math.min(Math.max(Math.min(...ends), 1), longestTimer)
    const timer = setTimeout(() => {
      const time = this.#now()
      this.#resume(time)
      this.#resumeLater(time)
    }, wait)
    this.#resumeTimer = timer
    const { unref } = timer as { unref?: () => void }
    unref?.call(timer)
  }

  #announce(): void {
    const { ceiling } = this.#window
    if (ceiling === this.#ceiling) return
    const previous = this.#ceiling
    this.#ceiling = ceiling
    this.#emitter.emit('limiter.ceiling_changed', { ceiling, previous })
  }
}

function closed(): SpotifyApiError {
  return new SpotifyApiError('API_CLOSED', 'The limiter is closed.')
}
