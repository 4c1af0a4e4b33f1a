import type { Emitter } from '../../internal/emitter.ts'
import { type Ceiling, learnedCeiling } from '../adaptive/ceiling.ts'
import { CeilingRules } from '../adaptive/ceiling-rules.ts'
import { LearnedWindow, type Ticket } from '../adaptive/learned-window.ts'
import type { Cooldown, LimiterEvents, LimiterState } from '../limiter.ts'
import { defaultGuard, type LimiterOptions } from '../options.ts'
import type { Outcome } from '../run-job.ts'
import { SentLog } from './sent-log.ts'
import type { Link } from './shared-connection.ts'
import type { Admission, SharedTicket } from './shared-window.ts'

/** An admitted request. */
export interface Grant {
  readonly member: string
  readonly count: number
  /** `undefined`: admitted without the server, so the shared ceiling learns nothing from it. */
  readonly epoch: number | undefined
  readonly own: Ticket
  /** Settles when all reports about it to the shared window are done. */
  reported: Promise<unknown>
}

/** One process's view of the shared window, and the window that it uses while it works alone. */
export class SharedView {
  readonly #now: () => number
  readonly #emitter: Emitter<LimiterEvents>
  readonly #share: number
  /** All requests of this process, shared or alone. */
  readonly #own: LearnedWindow
  readonly #log: SentLog
  #alone = false
  #ceiling: Ceiling
  #emittedCeiling: number

  constructor(
    options: LimiterOptions & { readonly restore?: LimiterState | undefined },
    settings: { readonly expiration: number; readonly share: number },
    now: () => number,
    emitter: Emitter<LimiterEvents>,
  ) {
    const rules = new CeilingRules(options)
    const { expiration, share } = settings
    this.#now = now
    this.#emitter = emitter
    this.#share = share
    this.#own = new LearnedWindow(options, now())
    this.#log = new SentLog({ window: rules.window, guard: options.guard ?? defaultGuard, expiration }, now)
    this.#ceiling = rules.restored(options.restore?.learned, now()) ?? rules.initial()
    this.#emittedCeiling = learnedCeiling(this.#ceiling)
  }

  /** Whether this process works alone, without the server. */
  get alone(): boolean {
    return this.#alone
  }

  state(): Pick<LimiterState, 'ceiling' | 'cap' | 'window' | 'inWindow' | 'learned'> {
    const now = this.#now()
    return {
      ceiling: learnedCeiling(this.#ceiling),
      cap: this.#alone ? this.#own.cap : this.#ceiling.cap,
      window: this.#own.length,
      inWindow: Math.max(this.#alone ? 0 : this.#log.observedCount, this.#own.count(now)),
      learned: { ...this.#ceiling, at: now },
    }
  }

  /** Requests the next place in the shared window. */
  async admit(link: Link, scope: string, maxDelay: number): Promise<Admission> {
    const admission = await link.window.admit(this.#log.nextId(), scope, maxDelay)
    this.#log.syncClock(admission.now)
    if (admission.status === 'sent') {
      this.#log.observe(admission.ticket.count)
      this.learn(admission.ceiling)
    } else if (admission.status === 'wait') this.#log.observe(admission.count)
    return admission
  }

  /** Milliseconds until this process may send a request alone. */
  waitAlone(now: number): number {
    return this.#own.wait(now)
  }

  /** A request is sent: on `ticket`, or alone. */
  send(ticket?: SharedTicket): Grant {
    const own = this.#own.send(this.#now())
    const reported = Promise.resolve()
    if (ticket === undefined) return { member: this.#log.begin(), count: 0, epoch: undefined, own, reported }
    this.#log.begin(ticket.member)
    return { ...ticket, own, reported }
  }

  throttledAlone(grant: Grant, until: number): void {
    this.#own.throttled(grant.own, until, this.#now())
  }

  end(grant: Grant, outcome: Outcome): void {
    const now = this.#now()
    if (outcome === 'unsent') this.#own.unsent(now)
    else this.#own.ended(grant.own, now, outcome === 'refused')
    this.#log.end(grant.member, outcome !== 'unsent')
  }

  /** Sends the state of this process to the server, in case it lost its data, and takes over the shared ceiling. */
  async join(link: Link, cooldowns: readonly Cooldown[]): Promise<void> {
    const first = await link.window.join(this.#ceiling, [], [])
    this.#log.syncClock(first.now)
    const now = this.#now()
    const pauses = cooldowns.map(({ scope, reason, until }) => ({ scope, reason, remaining: Math.round(until - now) }))
    const { ceiling } = await link.window.join(this.#ceiling, pauses, this.#log.sent())
    this.learn(ceiling)
  }

  /** The server is unavailable: works alone from now on, at a share of the ceiling. */
  leave(): void {
    if (this.#alone) return
    this.#own.pin(Math.max(1, Math.floor(learnedCeiling(this.#ceiling) * this.#share)))
    this.#alone = true
    this.#emitter.emit('limiter.degraded', { degraded: true })
  }

  rejoin(): void {
    if (!this.#alone) return
    this.#alone = false
    this.#emitter.emit('limiter.degraded', { degraded: false })
  }

  learn(ceiling: Ceiling): void {
    this.#ceiling = ceiling
    const [learned, previous] = [learnedCeiling(ceiling), this.#emittedCeiling]
    if (learned === previous) return
    this.#emittedCeiling = learned
    this.#emitter.emit('limiter.ceiling_changed', { ceiling: learned, previous })
  }
}
