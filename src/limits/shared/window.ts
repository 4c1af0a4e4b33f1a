import { type Ceiling, type CeilingRules, firmly, spacings } from '../adaptive/ceiling.ts'
import { everyone, firstGuess, longestGuess } from '../cooldowns.ts'
import type { Cooldown } from '../limiter.ts'
import { scripts } from './scripts.ts'

/** The part of an ioredis client that the window uses. */
export interface ScriptClient {
  defineCommand(name: string, definition: { readonly numberOfKeys: number; readonly lua: string }): unknown
}

export interface SharedWindowOptions {
  readonly client: ScriptClient
  /** What the limiters that work together have in common. */
  readonly id: string
  readonly rules: CeilingRules
  /** Milliseconds by which the window is taken to be longer than the server's. */
  readonly guard: number
  /** Milliseconds after which a request that nobody finished counts as answered. */
  readonly hold: number
}

/** A request that was let through, on the clock of Redis. */
export interface SharedTicket {
  readonly member: string
  readonly count: number
  readonly epoch: number
}

export type Admission =
  | {
      readonly status: 'sent'
      readonly now: number
      /** Milliseconds until the place is there. */
      readonly delay: number
      readonly ticket: SharedTicket
      readonly ceiling: Ceiling
    }
  | { readonly status: 'wait'; readonly now: number; readonly wait: number; readonly count: number }
  | { readonly status: 'paused'; readonly now: number; readonly cooldown: Cooldown }
  | { readonly status: 'unknown'; readonly now: number }

type Command = (...args: readonly (string | number)[]) => Promise<unknown>

const keepState = 30 * 24 * 3_600_000
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
   * Asks for the next place. `id` names the request among those of all processes.
   * @param patience milliseconds for which a place may be held in advance
   */
  async admit(id: string, scope: string, patience: number): Promise<Admission> {
    const { rules, guard, hold } = this.#options
    for (;;) {
      const reply = await this.#call('admit', rules.window, guard, hold, patience, id, scope, firmly, ...spacings)
      const [status, time, ...rest] = reply as string[]
      const now = Number(time)
      if (status === 'unknown') return { status, now }
      if (status === 'paused') {
        const [until, reason, who = everyone] = rest
        return {
          status,
          now,
          cooldown: { scope: who, until: Number(until), reason: reason === 'quota' ? 'quota' : 'rate' },
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
      await this.#exchange(json, rules.full(JSON.parse(json) as Ceiling, Number(elapsed), now))
    }
  }

  async finish(member: string, outcome: 'ok' | 'refused' | 'unsent', scope: string): Promise<void> {
    await this.#call('finish', this.#options.rules.window, this.#options.guard, member, outcome, scope)
  }

  /**
   * Pauses the scope for everyone at once, and then learns from the refusal unless another one was first.
   * @param retryIn milliseconds; `undefined`: guess
   */
  async refuse(
    ticket: Pick<SharedTicket, 'member' | 'count'> & { readonly epoch: number | undefined },
    scope: string,
    reason: Cooldown['reason'],
    retryIn: number | undefined,
  ): Promise<{ readonly now: number; readonly cooldown: Cooldown; readonly ceiling: Ceiling | undefined }> {
    const { rules, guard } = this.#options
    const wait = retryIn === undefined ? -1 : Math.max(0, Math.ceil(retryIn))
    const args = [ticket.member, ticket.count, scope, reason, wait, firstGuess, longestGuess] as const
    const reply = (await this.#call('refuse', rules.window, guard, ...args)) as (string | number)[]
    const [now = 0, until = 0, surely = 0, possibly = 0, elapsed = 0] = reply.map(Number)
    const cooldown: Cooldown = { scope, until, reason }
    let json = String(reply[5] ?? '')
    while (json !== '') {
      const ceiling = JSON.parse(json) as Ceiling
      if (reason !== 'rate' || ceiling.epoch !== ticket.epoch) return { now, cooldown, ceiling }
      const next = rules.refused(ceiling, { surely, possibly, elapsed, pause: until - now }, now)
      const held = await this.#exchange(json, next)
      if (held === JSON.stringify(next)) return { now, cooldown, ceiling: next }
      json = held
    }
    return { now, cooldown, ceiling: undefined }
  }

  /**
   * Makes sure that there is a ceiling, and adds what this process knows.
   * @param pauses with the milliseconds that are left of each
   * @param sent members with when they leave, on the clock of Redis
   */
  async join(
    ceiling: Ceiling,
    pauses: readonly { readonly scope: string; readonly reason: Cooldown['reason']; readonly rest: number }[],
    sent: readonly (readonly [member: string, leavesAt: number])[],
  ): Promise<{ readonly now: number; readonly ceiling: Ceiling }> {
    const reply = await this.#call('join', JSON.stringify(ceiling), keepState, JSON.stringify(pauses), ...sent.flat())
    const [now, json = ''] = reply as string[]
    return { now: Number(now), ceiling: JSON.parse(json) as Ceiling }
  }

  async #exchange(held: string, next: Ceiling): Promise<string> {
    return String(await this.#call('exchange', held, JSON.stringify(next), keepState))
  }

  #call(name: keyof typeof scripts, ...args: readonly (string | number)[]): Promise<unknown> {
    const client = this.#options.client as unknown as Record<string, Command>
    return (client[prefix + name] as Command).call(client, ...this.#keys, ...args)
  }
}
