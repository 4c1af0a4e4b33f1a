import type { SpotifyApiError } from '../../errors.ts'
import { createEmitter } from '../../internal/emitter.ts'
import { everyone, tooLong } from '../cooldowns.ts'
import type { Cooldown, Limiter, LimiterEvents, LimiterState, ScheduleOptions, Slot } from '../limiter.ts'
import { checked, type LimiterOptions } from '../options.ts'
import { Pauses } from '../pauses.ts'
import { closed, longestTimer, WaitingLine } from '../queue.ts'
import { runJob } from '../run-job.ts'
import { LearnedWindow, type Ticket } from './window.ts'

/** Options of {@link adaptiveLimiter}. */
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
  readonly #pauses: Pauses
  readonly #line: WaitingLine<Ticket>
  readonly #emitter = createEmitter<LimiterEvents>()
  #running = 0
  #closed = false
  #idle: (() => void)[] = []
  #pumpTimer: ReturnType<typeof setTimeout> | undefined
  #ceiling: number

  constructor(options: AdaptiveLimiterOptions) {
    const { maxConcurrent, maxQueue, maxWait, now } = checked(options)
    this.#now = now
    this.#maxConcurrent = maxConcurrent
    this.#maxWait = maxWait
    this.#window = new LearnedWindow(options, now(), options.restore)
    this.#line = new WaitingLine(maxQueue)
    this.#pauses = new Pauses(this.#line, this.#emitter, now, options.restore?.cooldowns)
    this.#ceiling = this.#window.ceiling
  }

  schedule<T>(job: (slot: Slot) => Promise<T>, options: ScheduleOptions = {}): Promise<T> {
    const { signal, scope = everyone, maxWait = this.#maxWait } = options
    if (this.#closed) return Promise.reject(closed())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const now = this.#now()
    const cooldown = this.#pauses.cooldowns.of(scope, now)
    if (cooldown === undefined && this.#line.size === 0 && this.#running < this.#maxConcurrent) {
      const wait = this.#window.wait(now)
      if (wait === 0) return this.#run(job, scope, this.#window.send(now))
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
      run: (ticket) => this.#run(job, scope, ticket),
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
      cooldowns: this.#pauses.cooldowns.active(now),
      learned: this.#window.learned(now),
    }
  }

  on<E extends keyof LimiterEvents>(event: E, listener: (payload: LimiterEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#pumpTimer)
    this.#pauses.close()
    for (const call of this.#line.waiting()) call.fail(closed())
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #run<T>(job: (slot: Slot) => Promise<T>, scope: string, ticket: Ticket): Promise<T> {
    this.#running++
    const throttled: Slot['throttled'] = (info) => this.#throttled(ticket, info)
    return runJob(job, throttled, (outcome) => {
      const now = this.#now()
      this.#running--
      if (outcome === 'unsent') this.#window.unsent(now)
      else this.#window.ended(ticket, now, outcome === 'refused')
      if (outcome === 'ok') this.#pauses.cooldowns.succeeded(scope)
      if (this.#line.size > 0) this.#pump()
      else this.#announce()
      if (this.#closed && this.#running === 0) for (const idle of this.#idle.splice(0)) idle()
    })
  }

  #throttled(ticket: Ticket, info: Parameters<Slot['throttled']>[0]): number {
    const { cooldown, changed } = this.#pauses.pause(info)
    if (info.reason === 'rate') this.#window.throttled(ticket, cooldown.until, this.#now())
    this.#announce()
    if (changed) this.#pump()
    return cooldown.until
  }

  /** Starts what may start, and sets the timer for what may start later. */
  #pump(): void {
    clearTimeout(this.#pumpTimer)
    this.#pumpTimer = undefined
    if (this.#closed) return
    const now = this.#now()
    this.#pauses.resume(now)
    let at = Number.POSITIVE_INFINITY
    while (this.#running < this.#maxConcurrent && this.#line.size > 0) {
      const next = this.#line.next((scope) => this.#pauses.cooldowns.of(scope, now)?.until)
      at = next.at
      if (next.call === undefined) break
      const wait = this.#window.wait(now)
      if (wait > 0) {
        at = now + wait
        break
      }
      next.call.start(this.#window.send(now))
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
    // What is free at this very moment is not too late.
    this.#pump()
    const now = this.#now()
    return tooLong(
      this.#pauses.cooldowns.of(scope, now) ?? this.#due(this.#line.size, now) ?? { until: now, reason: 'rate' },
    )
  }

  #announce(): void {
    const { ceiling } = this.#window
    if (ceiling === this.#ceiling) return
    const previous = this.#ceiling
    this.#ceiling = ceiling
    this.#emitter.emit('limiter.ceiling_changed', { ceiling, previous })
  }
}
