import type { LimiterEvents } from '../../limits/limiter.ts'
import type { AddCase } from './limiter.ts'
import { expect, gate, rejection } from './limiter-checks.ts'

const pause = 150

export function addPauseCases(add: AddCase): void {
  add('a rate limit pauses all scopes until it ends', { maxConcurrent: 1 }, async (limiter) => {
    const events: string[] = []
    limiter.on('limiter.paused', ({ scope, reason }) => events.push(`paused ${scope} ${reason}`))
    limiter.on('limiter.resumed', ({ scope }) => events.push(`resumed ${scope}`))
    let retryAt = 0
    const refused = limiter.schedule(async (slot) => {
      retryAt = Date.now() + pause
      slot.throttled({ retryAt, scope: 'search', reason: 'rate' })
    })
    const queued = limiter.schedule(async () => Date.now())
    const other = limiter.schedule(async () => Date.now(), { scope: 'player' })
    await refused
    const [cooldown] = limiter.state().cooldowns
    expect(cooldown?.scope === '*' && cooldown.reason === 'rate', 'a cooldown of all scopes in the state')
    for (const start of await Promise.all([queued, other]))
      expect(start >= retryAt - 1, `a start after the pause, not ${retryAt - start} ms before its end`)
    expect(
      events.join() === 'paused * rate,resumed *',
      `one event for the pause and one for its end, not ${events.join()}`,
    )
  })

  add('a listener of onAny, if the limiter offers it, receives each event until it is removed', {}, async (limiter) => {
    if (limiter.onAny === undefined) return
    const byName: unknown[] = []
    const byAny: unknown[] = []
    limiter.on('limiter.paused', (payload) => byName.push(payload))
    const remove = limiter.onAny((event, payload) => {
      if (event === 'limiter.paused') byAny.push(payload)
    })
    const refuse = (scope: string): Promise<unknown> =>
      limiter.schedule(async (slot) => slot.throttled({ retryAt: Date.now() + pause, scope, reason: 'quota' }), {
        scope,
      })
    await refuse('search')
    remove()
    await refuse('player')
    expect(byName.length === 2, `two events by name, not ${byName.length}`)
    expect(byAny.length === 1, `one event by onAny, not ${byAny.length}`)
    expect(JSON.stringify(byAny[0]) === JSON.stringify(byName[0]), 'the same payload by onAny as by name')
  })

  add('a quota pauses its own scope and no other scope', { maxConcurrent: 2 }, async (limiter) => {
    let retryAt = 0
    await limiter.schedule(
      async (slot) => {
        retryAt = Date.now() + pause
        slot.throttled({ retryAt, scope: 'search', reason: 'quota' })
      },
      { scope: 'search' },
    )
    const queued = limiter.schedule(async () => Date.now(), { scope: 'search' })
    const free = await limiter.schedule(async () => Date.now(), { scope: 'player' })
    expect(free < retryAt, 'another scope to continue at once')
    expect((await queued) >= retryAt - 1, 'the paused scope to wait')
  })

  add('a call fails at once if the pause is longer than it may wait', { maxConcurrent: 1 }, async (limiter) => {
    const pauseEnd = Date.now() + 13_749_000
    const startedAt = Date.now()
    const blocker = gate()
    const refused = limiter.schedule(
      async (slot) => {
        await blocker.opened
        return slot.throttled({ retryAt: pauseEnd, scope: 'search', reason: 'quota' })
      },
      { scope: 'search' },
    )
    const waiting = limiter.schedule(async () => {}, { scope: 'search', maxWait: 30_000 })
    blocker.open()
    expect(Math.abs((await refused) - pauseEnd) < 1000, 'the end of the pause that was reported')
    const later = limiter.schedule(async () => {}, { scope: 'search', maxWait: 30_000 })
    for (const call of [waiting, later]) {
      const error = await rejection(call, 'API_QUOTA_EXCEEDED')
      expect(Math.abs((error.retryAt ?? 0) - pauseEnd) < 1000, 'the retryAt that was reported, not clamped')
      expect(error.reason === 'QUOTA_EXCEEDED', 'the reason QUOTA_EXCEEDED')
    }
    expect(Date.now() - startedAt < 5000, 'no waiting')
    expect((await limiter.schedule(async () => 'free', { scope: 'player' })) === 'free', 'another scope to work')
  })

  add('a long rate limit fails calls of all scopes at once', {}, async (limiter) => {
    const pauseEnd = Date.now() + 48_925_000
    await limiter.schedule(async (slot) => {
      slot.throttled({ retryAt: pauseEnd, scope: '*', reason: 'rate' })
    })
    const error = await rejection(
      limiter.schedule(async () => {}, { scope: 'player' }),
      'API_RATE_LIMITED',
    )
    expect(Math.abs((error.retryAt ?? 0) - pauseEnd) < 1000, 'the retryAt that was reported')
    expect(error.retryable, 'a retryable error')
  })

  add('a refusal without retryAt pauses for one minute', {}, async (limiter) => {
    const paused: LimiterEvents['limiter.paused'][] = []
    limiter.on('limiter.paused', (event) => paused.push(event))
    const before = Date.now()
    const until = await limiter.schedule(async (slot) => slot.throttled({ scope: 'search', reason: 'quota' }), {
      scope: 'search',
    })
    expect(Math.abs(until - before - 60_000) < 1000, 'a pause of one minute')
    expect(paused.length === 1 && paused[0]?.scope === 'search', 'one event')
  })

  add('a shorter pause does not end a longer one', {}, async (limiter) => {
    const long = Date.now() + 20_000
    const blocker = gate()
    const second = limiter.schedule(async (slot) => {
      await blocker.opened
      return slot.throttled({ retryAt: Date.now() + 10, scope: '*', reason: 'rate' })
    })
    await limiter.schedule(async (slot) => slot.throttled({ retryAt: long, scope: '*', reason: 'rate' }))
    blocker.open()
    expect(Math.abs((await second) - long) < 1000, 'the end of the longer pause')
  })
}
