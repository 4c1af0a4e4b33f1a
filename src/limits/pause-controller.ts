import type { Emitter } from '../internal/emitter.ts'
import { unref } from '../internal/unref.ts'
import { allScopes, Cooldowns, waitTooLongError } from './cooldowns.ts'
import type { Cooldown, LimiterEvents } from './limiter.ts'
import { type CallQueue, maxTimerDelay } from './queue.ts'

/** Milliseconds added to a pause that another process reported, for the time its message takes. */
const messageDelay = 10

/** The cooldowns of a limiter and their effects: events, and errors for queued calls that would wait too long. */
export class PauseController {
  readonly cooldowns: Cooldowns
  readonly #queue: CallQueue<never>
  readonly #emitter: Emitter<LimiterEvents>
  readonly #now: () => number
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    queue: CallQueue<never>,
    emitter: Emitter<LimiterEvents>,
    now: () => number,
    restored?: readonly Cooldown[] | undefined,
  ) {
    this.cooldowns = new Cooldowns(restored)
    this.#queue = queue
    this.#emitter = emitter
    this.#now = now
  }

  /** Pauses a scope; a rate limit always pauses all scopes. */
  pause(info: { readonly scope: string; readonly reason: Cooldown['reason']; readonly retryAt?: number | undefined }): {
    readonly cooldown: Cooldown
    readonly changed: boolean
  } {
    const scope = info.reason === 'rate' ? allScopes : info.scope
    const now = this.#now()
    const { cooldown, changed } = this.cooldowns.pause(scope, info.reason, info.retryAt, now)
    if (changed) {
      this.#emitter.emit('limiter.paused', cooldown)
      for (const call of this.#queue.calls(scope === allScopes ? undefined : scope)) {
        if (call.deadline < cooldown.until) call.fail(waitTooLongError(cooldown))
      }
      this.#scheduleResume(now)
    }
    return { cooldown, changed }
  }

  /** Applies a pause that another process reported. `now`: the current time on the clock of its `until`. */
  applyRemote(cooldown: Cooldown, now: number): void {
    const { scope, reason } = cooldown
    const at = this.#now()
    const retryAt = at + cooldown.until - now + messageDelay
    const known = this.cooldowns.active(at).find((active) => active.scope === scope)
    if (known === undefined || retryAt > known.until + 5 * messageDelay) this.pause({ scope, reason, retryAt })
  }

  /** Removes the pauses that have ended and emits their events. */
  resume(now: number): void {
    for (const scope of this.cooldowns.expire(now)) this.#emitter.emit('limiter.resumed', { scope })
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  /** Emits the end of a pause even when no call comes in; the timer does not keep the process alive. */
  #scheduleResume(now: number): void {
    clearTimeout(this.#timer)
    const ends = this.cooldowns.active(now).map(({ until }) => until - now)
    if (ends.length === 0) return
    const timer = setTimeout(
      () => {
        const time = this.#now()
        this.resume(time)
        this.#scheduleResume(time)
      },
      Math.min(Math.max(Math.min(...ends), 1), maxTimerDelay),
    )
    this.#timer = timer
    unref(timer)
  }
}
