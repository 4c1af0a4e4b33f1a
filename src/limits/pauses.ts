import type { Emitter } from '../internal/emitter.ts'
import { Cooldowns, everyone, tooLong } from './cooldowns.ts'
import type { Cooldown, LimiterEvents } from './limiter.ts'
import { longestTimer, type WaitingLine } from './queue.ts'

/** Milliseconds by which a pause that another process was told is taken to be longer, for the way of its message. */
const slack = 10

/** The cooldowns of a limiter with what follows from them: events, and the end of waits that became too long. */
export class Pauses {
  readonly cooldowns: Cooldowns
  readonly #line: WaitingLine<never>
  readonly #emitter: Emitter<LimiterEvents>
  readonly #now: () => number
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    line: WaitingLine<never>,
    emitter: Emitter<LimiterEvents>,
    now: () => number,
    restored?: readonly Cooldown[] | undefined,
  ) {
    this.cooldowns = new Cooldowns(restored)
    this.#line = line
    this.#emitter = emitter
    this.#now = now
  }

  /** Pauses a scope; a rate limit always pauses everyone. */
  pause(info: { readonly scope: string; readonly reason: Cooldown['reason']; readonly retryAt?: number | undefined }): {
    readonly cooldown: Cooldown
    readonly changed: boolean
  } {
    const scope = info.reason === 'rate' ? everyone : info.scope
    const now = this.#now()
    const { cooldown, changed } = this.cooldowns.pause(scope, info.reason, info.retryAt, now)
    if (changed) {
      this.#emitter.emit('limiter.paused', cooldown)
      for (const call of this.#line.waiting(scope === everyone ? undefined : scope)) {
        if (call.deadline < cooldown.until) call.fail(tooLong(cooldown))
      }
      this.#resumeLater(now)
    }
    return { cooldown, changed }
  }

  /** Another process was told to wait. `now`: what the clock of its `until` shows at this moment. */
  mirror(cooldown: Cooldown, now: number): void {
    const { scope, reason } = cooldown
    const at = this.#now()
    const retryAt = at + cooldown.until - now + slack
    const known = this.cooldowns.active(at).find((active) => active.scope === scope)
    if (known === undefined || retryAt > known.until + 5 * slack) this.pause({ scope, reason, retryAt })
  }

  /** Ends the pauses whose time has come. */
  resume(now: number): void {
    for (const scope of this.cooldowns.expire(now)) this.#emitter.emit('limiter.resumed', { scope })
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** Says that a pause has ended also when nobody calls; never keeps the process alive for it. */
  #resumeLater(now: number): void {
    clearTimeout(this.#timer)
    const ends = this.cooldowns.active(now).map(({ until }) => until - now)
    if (ends.length === 0) return
    const timer = setTimeout(
      () => {
        const time = this.#now()
        this.resume(time)
        this.#resumeLater(time)
      },
      Math.min(Math.max(Math.min(...ends), 1), longestTimer),
    )
    this.#timer = timer
    const { unref } = timer as { unref?: () => void }
    unref?.call(timer)
  }
}
