import type { SpotifyApiError } from '../../errors.ts'
import { createEmitter } from '../../internal/emitter.ts'
import { allScopes, waitTooLongError } from '../cooldowns.ts'
import type { Cooldown, Limiter, LimiterEvents, LimiterState, ScheduleOptions, Slot } from '../limiter.ts'
import { checkOptions, type LimiterOptions } from '../options.ts'
import { PauseController } from '../pause-controller.ts'
import { CallQueue, closedError, maxTimerDelay } from '../queue.ts'
import { runJob } from '../run-job.ts'
import { LearnedWindow, type Ticket } from './learned-window.ts'

/** Options of {@link adaptiveLimiter}. */
export interface AdaptiveLimiterOptions extends LimiterOptions {
  /** The `state()` of an earlier process, cooldowns included. */
  readonly restore?: LimiterState | undefined
}

/**
 * Creates the in-process limiter: first in, first out, under a ceiling that it learns from the responses.
 * It holds no timer while nothing waits.
 * @throws ConfigError `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { adaptiveLimiter, createSpotify } from 'stagedoor'
 *
 * const limiter = adaptiveLimiter({ initialCeiling: 120, maxConcurrent: 5 })
 * const spotify = createSpotify({ limiter })
 * ```
 */
export function adaptiveLimiter(options: AdaptiveLimiterOptions = {}): Limiter {
  return new AdaptiveLimiter(options)
}

class AdaptiveLimiter implements Limiter {
  readonly #now: () => number
  readonly #maxConcurrent: number
  readonly #maxWait: number
  readonly #window: LearnedWindow
  readonly #pauses: PauseController
  readonly #queue: CallQueue<Ticket>
  readonly #emitter = createEmitter<LimiterEvents>()
  readonly on: Limiter['on'] = this.#emitter.on
  readonly onAny: NonNullable<Limiter['onAny']> = this.#emitter.onAny
  #running = 0
  #closed = false
  #idle: (() => void)[] = []
  #pumpTimer: ReturnType<typeof setTimeout> | undefined
  #ceiling: number

  constructor(options: AdaptiveLimiterOptions) {
    const { maxConcurrent, maxQueue, maxWait, now } = checkOptions(options)
    this.#now = now
    this.#maxConcurrent = maxConcurrent
    this.#maxWait = maxWait
    this.#window = new LearnedWindow(options, now(), options.restore)
    this.#queue = new CallQueue(maxQueue)
    this.#pauses = new PauseController(this.#queue, this.#emitter, now, options.restore?.cooldowns)
    this.#ceiling = this.#window.ceiling
  }

  schedule<T>(job: (slot: Slot) => Promise<T>, options: ScheduleOptions = {}): Promise<T> {
    const { signal, scope = allScopes, maxWait = this.#maxWait } = options
    if (this.#closed) return Promise.reject(closedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const now = this.#now()
    const cooldown = this.#pauses.cooldowns.forScope(scope, now)
    if (cooldown === undefined && this.#queue.size === 0 && this.#running < this.#maxConcurrent) {
      const wait = this.#window.wait(now)
      if (wait === 0) return this.#run(job, scope, this.#window.send(now))
      if (!(wait <= maxWait) && Number.isFinite(wait))
        return Promise.reject(waitTooLongError({ until: now + wait, reason: 'rate' }))
    }
    const start = cooldown ?? this.#earliestStart(this.#queue.size, now)
    if (start !== undefined && start.until - now > maxWait) return Promise.reject(waitTooLongError(start))
    const result = this.#queue.enqueue({
      scope,
      deadline: now + maxWait,
      timeout: maxWait,
      signal,
      run: (ticket) => this.#run(job, scope, ticket),
      timeoutError: () => this.#timeoutError(scope),
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
      queued: this.#queue.size,
      cooldowns: this.#pauses.cooldowns.active(now),
      learned: this.#window.learned(now),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#pumpTimer)
    this.#pauses.close()
    for (const call of this.#queue.calls()) call.fail(closedError())
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
      if (this.#queue.size > 0) this.#pump()
      else this.#emitCeiling()
      if (this.#closed && this.#running === 0) for (const idle of this.#idle.splice(0)) idle()
    })
  }

  #throttled(ticket: Ticket, info: Parameters<Slot['throttled']>[0]): number {
    const { cooldown, changed } = this.#pauses.pause(info)
    if (info.reason === 'rate') this.#window.throttled(ticket, cooldown.until, this.#now())
    this.#emitCeiling()
    if (changed) this.#pump()
    return cooldown.until
  }

  /** Starts the calls that may start now, and sets the timer for the next one. */
  #pump(): void {
    clearTimeout(this.#pumpTimer)
    this.#pumpTimer = undefined
    if (this.#closed) return
    const now = this.#now()
    this.#pauses.resume(now)
    let nextAt = Number.POSITIVE_INFINITY
    while (this.#running < this.#maxConcurrent && this.#queue.size > 0) {
      const next = this.#queue.next((scope) => this.#pauses.cooldowns.forScope(scope, now)?.until)
      nextAt = next.readyAt
      if (next.call === undefined) break
      const wait = this.#window.wait(now)
      if (wait > 0) {
        nextAt = now + wait
        break
      }
      next.call.start(this.#window.send(now))
    }
    this.#emitCeiling()
    if (this.#queue.size === 0 || this.#running >= this.#maxConcurrent || !Number.isFinite(nextAt)) return
    this.#pumpTimer = setTimeout(() => this.#pump(), Math.min(Math.max(Math.ceil(nextAt - now), 1), maxTimerDelay))
  }

  /** When a call behind `ahead` others can start at the earliest, if the window is full. */
  #earliestStart(ahead: number, now: number): Pick<Cooldown, 'until' | 'reason'> | undefined {
    const wait = this.#window.waitBehind(ahead, now)
    return wait === 0 ? undefined : { until: now + wait, reason: 'rate' }
  }

  #timeoutError(scope: string): SpotifyApiError {
    // A place that is free by now is still in time.
    this.#pump()
    const now = this.#now()
    return waitTooLongError(
      this.#pauses.cooldowns.forScope(scope, now) ??
        this.#earliestStart(this.#queue.size, now) ?? { until: now, reason: 'rate' },
    )
  }

  #emitCeiling(): void {
    const { ceiling } = this.#window
    if (ceiling === this.#ceiling) return
    const previous = this.#ceiling
    this.#ceiling = ceiling
    this.#emitter.emit('limiter.ceiling_changed', { ceiling, previous })
  }
}
