import { ConfigError, isStagedoorError, SpotifyApiError } from '../errors.ts'
import { createEmitter } from '../internal/emitter.ts'
import { Cooldowns, everyone, tooLong } from './cooldowns.ts'
import type { Limiter, LimiterEvents, LimiterState, ScheduleOptions, Slot } from './limiter.ts'
import { LearnedWindow, type Ticket, type WindowOptions } from './window.ts'

export interface AdaptiveLimiterOptions extends WindowOptions {
  /** Jobs that run at the same time; default 4. */
  readonly maxConcurrent?: number | undefined
  /** Jobs that may wait; one more fails with `API_QUEUE_FULL`. Default 10,000. */
  readonly maxQueue?: number | undefined
  /** Milliseconds a job may wait when `schedule` does not say; default 30,000. */
  readonly maxWait?: number | undefined
  /** What an earlier process learned, from `state()`: cooldowns included. */
  readonly restore?: LimiterState | undefined
  readonly now?: (() => number) | undefined
}

interface Waiting {
  readonly scope: string
  readonly deadline: number
  readonly order: number
  settled: boolean
  readonly start: () => void
  readonly fail: (error: unknown) => void
}

const longestTimer = 2 ** 31 - 1

/** Creates the in-process limiter: first in, first out, under a ceiling that it learns from the answers. */
export function adaptiveLimiter(options: AdaptiveLimiterOptions = {}): Limiter {
  return new LocalLimiter(options)
}

class LocalLimiter implements Limiter {
  readonly #now: () => number
  readonly #window: LearnedWindow
  readonly #cooldowns: Cooldowns
  readonly #emitter = createEmitter<LimiterEvents>()
  readonly #maxConcurrent: number
  readonly #maxQueue: number
  readonly #maxWait: number
  readonly #lanes = new Map<string, Waiting[]>()
  #order = 0
  #queued = 0
  #running = 0
  #closed = false
  #idle: (() => void)[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #ceiling: number

  constructor(options: AdaptiveLimiterOptions) {
    for (const [name, value] of Object.entries(options)) {
      if (typeof value === 'number' && !(value > 0))
        throw new ConfigError('CONFIG_INVALID', `${name} must be positive.`)
    }
    this.#now = options.now ?? (() => Date.now())
    this.#maxConcurrent = options.maxConcurrent ?? 4
    this.#maxQueue = options.maxQueue ?? 10_000
    this.#maxWait = options.maxWait ?? 30_000
    this.#window = new LearnedWindow(options, this.#now(), options.restore)
    this.#cooldowns = new Cooldowns(options.restore?.cooldowns)
    this.#ceiling = this.#window.ceiling
  }

  schedule<T>(job: (slot: Slot) => Promise<T>, options: ScheduleOptions = {}): Promise<T> {
    const { signal, scope = everyone, maxWait = this.#maxWait } = options
    if (this.#closed) return Promise.reject(new SpotifyApiError('API_CLOSED', 'The limiter is closed.'))
    if (signal?.aborted) return Promise.reject(signal.reason)
    const now = this.#now()
    const cooldown = this.#cooldowns.of(scope, now)
    if (
      this.#queued === 0 &&
      cooldown === undefined &&
      this.#running < this.#maxConcurrent &&
      this.#window.wait(now) === 0
    ) {
      return this.#run(job, scope, now)
    }
    if (cooldown !== undefined && cooldown.until - now > maxWait) return Promise.reject(tooLong(cooldown))
    if (this.#queued >= this.#maxQueue) {
      return Promise.reject(new SpotifyApiError('API_QUEUE_FULL', 'Too many calls are waiting.'))
    }
    return new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        waiting.settled = true
        this.#queued--
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => waiting.fail(signal?.reason)
      const waiting: Waiting = {
        scope,
        deadline: now + maxWait,
        order: this.#order++,
        settled: false,
        start: () => {
          settle()
          this.#run(job, scope, this.#now()).then(resolve, reject)
        },
        fail: (error) => {
          settle()
          reject(error)
        },
      }
      const timer = setTimeout(
        () => {
          const time = this.#now()
          waiting.fail(tooLong(this.#cooldowns.of(scope, time) ?? { until: time + this.#rest(time), reason: 'rate' }))
        },
        Math.min(maxWait, longestTimer),
      )
      signal?.addEventListener('abort', abort, { once: true })
      const lane = this.#lanes.get(scope)
      if (lane === undefined) this.#lanes.set(scope, [waiting])
      else lane.push(waiting)
      this.#queued++
      this.#pump()
    })
  }

  state(): LimiterState {
    const now = this.#now()
    return {
      ceiling: this.#window.ceiling,
      cap: this.#window.cap,
      window: this.#window.length,
      inWindow: this.#window.count(now),
      running: this.#running,
      queued: this.#queued,
      cooldowns: this.#cooldowns.active(now),
      learned: this.#window.learned(now),
    }
  }

  on<E extends keyof LimiterEvents>(event: E, listener: (payload: LimiterEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const lane of this.#lanes.values()) {
      for (const waiting of lane) {
        if (!waiting.settled) waiting.fail(new SpotifyApiError('API_CLOSED', 'The limiter is closed.'))
      }
    }
    this.#lanes.clear()
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
      if (this.#queued > 0) this.#pump()
      if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle()
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
      for (const lane of this.#lanes.values()) {
        for (const waiting of lane) {
          if (waiting.settled || (scope !== everyone && waiting.scope !== scope)) continue
          if (cooldown.until > waiting.deadline) waiting.fail(tooLong(cooldown))
        }
      }
      this.#pump()
    }
    return cooldown.until
  }

  #announce(): void {
    const { ceiling } = this.#window
    if (ceiling === this.#ceiling) return
    const previous = this.#ceiling
    this.#ceiling = ceiling
    this.#emitter.emit('limiter.ceiling_changed', { ceiling, previous })
  }

  #rest(now: number): number {
    const rest = this.#window.wait(now)
    return Number.isFinite(rest) ? rest : 0
  }

  /** Starts what may start, and sets the timer for what may start later. */
  #pump(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closed) return
    const now = this.#now()
    for (const scope of this.#cooldowns.expire(now)) this.#emitter.emit('limiter.resumed', { scope })
    let rest = Number.POSITIVE_INFINITY
    while (this.#running < this.#maxConcurrent && this.#queued > 0) {
      const { next, until } = this.#next(now)
      rest = until - now
      if (next === undefined) break
      const wait = this.#window.wait(now)
      if (wait > 0) {
        rest = wait
        break
      }
      this.#lanes.get(next.scope)?.shift()
      next.start()
    }
    this.#announce()
    if (this.#queued > 0 && this.#running < this.#maxConcurrent && Number.isFinite(rest)) {
      this.#timer = setTimeout(() => this.#pump(), Math.min(Math.ceil(Math.max(rest, 1)), longestTimer))
    }
  }

  /** The longest waiting job whose scope is not paused, or when the first pause ends. */
  #next(now: number): { readonly next: Waiting | undefined; readonly until: number } {
    let next: Waiting | undefined
    let until = Number.POSITIVE_INFINITY
    for (const [scope, lane] of this.#lanes) {
      while (lane[0]?.settled) lane.shift()
      const first = lane[0]
      if (first === undefined) {
        this.#lanes.delete(scope)
        continue
      }
      const cooldown = this.#cooldowns.of(scope, now)
      if (cooldown !== undefined) until = Math.min(until, cooldown.until)
      else if (next === undefined || first.order < next.order) next = first
    }
    return { next, until }
  }
}
