import type { Ceiling } from '../adaptive/ceiling.ts'
import { type CeilingRules, minSpacing, spacings } from '../adaptive/ceiling-rules.ts'
import { allScopes, firstGuess, maxGuess } from '../cooldowns.ts'
import type { Cooldown } from '../limiter.ts'
import { scripts } from './scripts.ts'

/** The part of an ioredis client that the window uses. */
export interface ScriptClient {
  defineCommand(name: string, definition: { readonly numberOfKeys: number; readonly lua: string }): unknown
}

interface SharedWindowOptions {
  readonly client: ScriptClient
  /** The limiters with the same `id` share the window. */
  readonly id: string
  readonly rules: CeilingRules
  /** Milliseconds by which the window is longer than the server's. */
  readonly guard: number
  /** Milliseconds after which an unfinished request counts as finished. */
  readonly expiration: number
}

/** An admitted request, on the clock of Redis. */
export interface SharedTicket {
  readonly member: string
  readonly count: number
  readonly epoch: number
}

/** The result of a request for a place. */
export type Admission =
  | {
      readonly status: 'sent'
      readonly now: number
      /** Milliseconds until the place is free. */
      readonly delay: number
      readonly ticket: SharedTicket
      readonly ceiling: Ceiling
    }
  | { readonly status: 'wait'; readonly now: number; readonly wait: number; readonly count: number }
  | { readonly status: 'paused'; readonly now: number; readonly cooldown: Cooldown }
  | { readonly status: 'unknown'; readonly now: number }

type Command = (...args: readonly (string | number)[]) => Promise<unknown>

const stateTtl = 30 * 24 * 3_600_000
const prefix = 'stagedoor'

/** The learned window in Redis. Every change is one Lua script; times are those of the Redis server. */
export class SharedWindow {
  readonly #options: SharedWindowOptions
  readonly #keys: readonly string[]

  constructor(options: SharedWindowOptions) {
    this.#options = options
    this.#keys = ['log', 'state', 'pauses'].map((name) => `stagedoor:limiter:{${options.id}}:${name}`)
    for (const [name, lua] of Object.entries(scripts)) {
      options.client.defineCommand(prefix + name, { numberOfKeys: 3, lua })
    }
  }

  /**
   * Requests the next place. `id` identifies the request among those of all processes.
   * @param maxDelay milliseconds by which a place may be reserved in advance
   */
  async admit(id: string, scope: string, maxDelay: number): Promise<Admission> {
    const { rules, guard, expiration } = this.#options
    for (;;) {
      const reply = await this.#call(
        'admit',
        rules.window,
        guard,
        expiration,
        maxDelay,
        id,
        scope,
        minSpacing,
        ...spacings,
      )
      const [status, time, ...rest] = reply as string[]
      const now = Number(time)
      if (status === 'unknown') return { status, now }
      if (status === 'paused') {
        const [until, reason, pausedScope = allScopes] = rest
        return {
          status,
          now,
          cooldown: { scope: pausedScope, until: Number(until), reason: reason === 'quota' ? 'quota' : 'rate' },
        }
      }
      if (status === 'sent') {
        const [delay, member = '', count, json = ''] = rest
        const ceiling = JSON.parse(json) as Ceiling
        const ticket = { member, count: Number(count), epoch: ceiling.epoch }
        return { status, now, delay: Number(delay), ticket, ceiling }
      }
      if (status === 'wait') {
        const [wait, count] = rest
        return { status, now, wait: Math.max(1, Number(wait)), count: Number(count) }
      }
      const [elapsed, json = ''] = rest
      await this.#compareAndSwap(json, rules.afterFullWindow(JSON.parse(json) as Ceiling, Number(elapsed), now))
    }
  }

  async finish(member: string, outcome: 'ok' | 'refused' | 'unsent', scope: string): Promise<void> {
    await this.#call('finish', this.#options.rules.window, this.#options.guard, member, outcome, scope)
  }

  /**
   * Pauses the scope for all processes, and then learns from the refusal unless another one was first.
   * @param retryIn milliseconds; `undefined`: choose a guess
   */
  async refuse(
    ticket: Pick<SharedTicket, 'member' | 'count'> & { readonly epoch: number | undefined },
    scope: string,
    reason: Cooldown['reason'],
    retryIn: number | undefined,
  ): Promise<{ readonly now: number; readonly cooldown: Cooldown; readonly ceiling: Ceiling | undefined }> {
    const { rules, guard } = this.#options
    const wait = retryIn === undefined ? -1 : Math.max(0, Math.ceil(retryIn))
    const args = [ticket.member, ticket.count, scope, reason, wait, firstGuess, maxGuess] as const
    const reply = (await this.#call('refuse', rules.window, guard, ...args)) as (string | number)[]
    const [now = 0, until = 0, atLeast = 0, atMost = 0, elapsed = 0] = reply.map(Number)
    const cooldown: Cooldown = { scope, until, reason }
    let json = String(reply[5] ?? '')
    while (json !== '') {
      const ceiling = JSON.parse(json) as Ceiling
      if (reason !== 'rate' || ceiling.epoch !== ticket.epoch) return { now, cooldown, ceiling }
      const next = rules.afterRefusal(ceiling, { atLeast, atMost, elapsed, pause: until - now }, now)
      const stored = await this.#compareAndSwap(json, next)
      if (stored === JSON.stringify(next)) return { now, cooldown, ceiling: next }
      json = stored
    }
    return { now, cooldown, ceiling: undefined }
  }

  /**
   * Creates the ceiling if there is none, and adds the state of this process.
   * @param pauses with the remaining milliseconds of each
   * @param sent members and when each leaves, on the clock of Redis
   */
  async join(
    ceiling: Ceiling,
    pauses: readonly { readonly scope: string; readonly reason: Cooldown['reason']; readonly remaining: number }[],
    sent: readonly (readonly [member: string, leavesAt: number])[],
  ): Promise<{ readonly now: number; readonly ceiling: Ceiling }> {
    const reply = await this.#call('join', JSON.stringify(ceiling), stateTtl, JSON.stringify(pauses), ...sent.flat())
    const [now, json = ''] = reply as string[]
    return { now: Number(now), ceiling: JSON.parse(json) as Ceiling }
  }

  async #compareAndSwap(expected: string, next: Ceiling): Promise<string> {
    return String(await this.#call('compareAndSwap', expected, JSON.stringify(next), stateTtl))
  }

  #call(name: keyof typeof scripts, ...args: readonly (string | number)[]): Promise<unknown> {
    const { client } = this.#options
    // `defineCommand` adds the command as a method of this name.
    const command = Reflect.get(client, prefix + name) as Command
    return command.call(client, ...this.#keys, ...args)
  }
}
