import type { Emitter } from '../../internal/emitter.ts'
import { type Ceiling, CeilingRules, learnedCeiling } from '../adaptive/ceiling.ts'
import { LearnedWindow, type Ticket } from '../adaptive/window.ts'
import type { Cooldown, LimiterEvents, LimiterState } from '../limiter.ts'
import type { LimiterOptions } from '../options.ts'
import type { Outcome } from '../run-job.ts'
import type { Link } from './connection.ts'
import { SharedLog } from './log.ts'
import type { Admission, SharedTicket } from './window.ts'

/** A request that was let through. */
export interface Grant {
  readonly member: string
  readonly count: number
  /** `undefined`: let through alone, so that the shared ceiling learns nothing from it. */
  readonly epoch: number | undefined
  readonly own: Ticket
  /** What the shared window is still being told about it. */
  told: Promise<unknown>
}

/** What one process knows of the shared window, and the window that it goes by while it is alone. */
export class SharedView {
  readonly #now: () => number
  readonly #emitter: Emitter<LimiterEvents>
  readonly #share: number
  /** Everything that this process sends, shared or alone. */
  readonly #own: LearnedWindow
  readonly #log: SharedLog
  #alone = false
  #ceiling: Ceiling
  #announced: number

  constructor(
    options: LimiterOptions & { readonly restore?: LimiterState | undefined },
    settings: { readonly hold: number; readonly share: number },
    now: () => number,
    emitter: Emitter<LimiterEvents>,
  ) {
    const rules = new CeilingRules(options)
    const { hold, share } = settings
    this.#now = now
    this.#emitter = emitter
    this.#share = share
    this.#own = new LearnedWindow(options, now())
    this.#log = new SharedLog({ window: rules.window, guard: options.guard ?? 50, hold }, now)
    this.#ceiling = rules.restored(options.restore?.learned, now()) ?? rules.initial()
    this.#announced = learnedCeiling(this.#ceiling)
  }

  /** Whether the server is away. */
  get alone(): boolean {
    return this.#alone
  }

  state(): Pick<LimiterState, 'ceiling' | 'cap' | 'window' | 'inWindow' | 'learned'> {
    const now = this.#now()
    return {
      ceiling: learnedCeiling(this.#ceiling),
      cap: this.#alone ? this.#own.cap : this.#ceiling.cap,
      window: this.#own.length,
      inWindow: Math.max(this.#alone ? 0 : this.#log.seen, this.#own.count(now)),
      learned: { ...this.#ceiling, at: now },
    }
  }

  /** Asks the shared window for the next place. */
  async admit(link: Link, scope: string, patience: number): Promise<Admission> {
    const admission = await link.window.admit(this.#log.name(), scope, patience)
    this.#log.clock(admission.now)
    if (admission.status === 'sent') {
      this.#log.saw(admission.ticket.count)
      this.learn(admission.ceiling)
    } else if (admission.status === 'wait') this.#log.saw(admission.count)
    return admission
  }

  /** Milliseconds until this process may send one alone. */
  waitAlone(now: number): number {
    return this.#own.wait(now)
  }

  /** A request leaves: on `ticket`, or alone. */
  send(ticket?: SharedTicket): Grant {
    const own = this.#own.send(this.#now())
    const told = Promise.resolve()
    if (ticket === undefined) return { member: this.#log.begin(), count: 0, epoch: undefined, own, told }
    this.#log.begin(ticket.member)
    return { ...ticket, own, told }
  }

  refusedAlone(grant: Grant, until: number): void {
    this.#own.throttled(grant.own, until, this.#now())
  }

  end(grant: Grant, outcome: Outcome): void {
    const now = this.#now()
    if (outcome === 'unsent') this.#own.unsent(now)
    else this.#own.ended(grant.own, now, outcome === 'refused')
    this.#log.end(grant.member, outcome !== 'unsent')
  }

  /** Tells the server what this process knows, in case it has forgotten, and learns what the others have found out. */
  async join(link: Link, cooldowns: readonly Cooldown[]): Promise<void> {
    const first = await link.window.join(this.#ceiling, [], [])
    this.#log.clock(first.now)
    const now = this.#now()
    const pauses = cooldowns.map(({ scope, reason, until }) => ({ scope, reason, rest: Math.round(until - now) }))
    const { ceiling } = await link.window.join(this.#ceiling, pauses, this.#log.sent())
    this.learn(ceiling)
  }

  /** The server is away: from now on alone, at a share of the ceiling. */
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
    const [learned, previous] = [learnedCeiling(ceiling), this.#announced]
    if (learned === previous) return
    this.#announced = learned
    this.#emitter.emit('limiter.ceiling_changed', { ceiling: learned, previous })
  }
}
