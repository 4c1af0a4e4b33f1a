import { SpotifyApiError } from '../errors.ts'
import type { Cooldown } from './limiter.ts'

/** The scope that means the whole application. */
export const allScopes = '*'

export const firstGuess = 60_000
export const maxGuess = 3_600_000

/** Which scopes are paused, and until when. Pure: every method takes `now` in epoch milliseconds. */
export class Cooldowns {
  readonly #active = new Map<string, Cooldown>()
  readonly #guesses = new Map<string, number>()

  constructor(restored: readonly Cooldown[] = []) {
    for (const cooldown of restored) this.#active.set(cooldown.scope, cooldown)
  }

  /**
   * Pauses a scope until `retryAt`; a pause that already lasts longer stays. Without `retryAt`: 60 seconds,
   * doubled for each further response without one, up to an hour, until {@link succeeded}.
   * @returns the pause in force and whether it changed
   */
  pause(
    scope: string,
    reason: Cooldown['reason'],
    retryAt: number | undefined,
    now: number,
  ): { readonly cooldown: Cooldown; readonly changed: boolean } {
    const current = this.#current(scope, now)
    let until = retryAt
    if (until === undefined) {
      // Responses to requests that were in flight when the pause began belong to the same guess.
      if (current !== undefined) return { cooldown: current, changed: false }
      const guess = Math.min((this.#guesses.get(scope) ?? firstGuess / 2) * 2, maxGuess)
      this.#guesses.set(scope, guess)
      until = now + guess
    }
    if (current !== undefined && current.until >= until) return { cooldown: current, changed: false }
    const cooldown: Cooldown = { scope, until, reason }
    if (until <= now) return { cooldown, changed: false }
    this.#active.set(scope, cooldown)
    return { cooldown, changed: true }
  }

  /** The server accepted a request of this scope: the next guess starts small again. */
  succeeded(scope: string): void {
    if (this.#guesses.size === 0) return
    this.#guesses.delete(allScopes)
    this.#guesses.delete(scope)
  }

  /** The pause that a call of this scope must wait for: its own or that of all scopes, whichever ends later. */
  forScope(scope: string, now: number): Cooldown | undefined {
    if (this.#active.size === 0) return undefined
    const all = this.#current(allScopes, now)
    const own = scope === allScopes ? undefined : this.#current(scope, now)
    if (all === undefined || own === undefined) return all ?? own
    return own.until >= all.until ? own : all
  }

  /** Removes the pauses that have ended and returns their scopes. */
  expire(now: number): readonly string[] {
    if (this.#active.size === 0) return []
    const ended = [...this.#active.values()].filter(({ until }) => until <= now).map(({ scope }) => scope)
    for (const scope of ended) this.#active.delete(scope)
    return ended
  }

  active(now: number): readonly Cooldown[] {
    return [...this.#active.values()].filter(({ until }) => until > now)
  }

  #current(scope: string, now: number): Cooldown | undefined {
    const cooldown = this.#active.get(scope)
    return cooldown !== undefined && cooldown.until > now ? cooldown : undefined
  }
}

/** The error of a call that would have to wait too long. */
export function waitTooLongError(cooldown: Pick<Cooldown, 'until' | 'reason'>): SpotifyApiError {
  const { until: retryAt, reason } = cooldown
  return reason === 'quota'
    ? new SpotifyApiError('API_QUOTA_EXCEEDED', 'A quota of the application is used up.', {
        retryAt,
        reason: 'QUOTA_EXCEEDED',
      })
    : new SpotifyApiError('API_RATE_LIMITED', 'The rate limit requires a longer wait than the call allows.', {
        retryAt,
        reason: 'RATE_LIMITED',
      })
}
