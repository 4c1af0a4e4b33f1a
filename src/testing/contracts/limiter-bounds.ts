import type { AddCase } from './limiter.ts'
import { expect, rejection } from './limiter-checks.ts'

export function addBoundCases(add: AddCase): void {
  add('the first window starts no more calls than the ceiling', { initialCeiling: 5, window: 400 }, async (limiter) => {
    const starts: number[] = []
    const calls = Array.from({ length: 8 }, () => limiter.schedule(async () => starts.push(Date.now())))
    await Promise.all(calls)
    const [first = 0, sixth = 0] = [starts[0], starts[5]]
    // One millisecond of tolerance, because the clock rounds.
    expect(sixth - first >= 399, `the sixth call one window after the first, not after ${sixth - first} ms`)
  })

  add('a call that sent no request does not count', { initialCeiling: 3, window: 60_000 }, async (limiter) => {
    for (let index = 0; index < 10; index++) await limiter.schedule(async (slot) => slot.unsent(), { maxWait: 1000 })
    expect(limiter.state().inWindow === 0, 'no request in the window')
  })

  add('the state describes the limiter and can be converted to JSON', { initialCeiling: 7 }, async (limiter) => {
    await limiter.schedule(async () => {
      expect(limiter.state().running === 1, 'one running job')
    })
    const state = limiter.state()
    expect(state.ceiling === 7 && state.cap === 7 && state.window === 500, 'the ceiling, the cap and the window')
    expect(
      state.running === 0 && state.queued === 0 && state.cooldowns.length === 0,
      'no running, queued or paused calls',
    )
    expect(
      JSON.stringify(JSON.parse(JSON.stringify(state))) === JSON.stringify(state),
      'a state that is equal after JSON',
    )
  })

  add('a refusal lowers the ceiling and emits an event', { initialCeiling: 40, window: 2000 }, async (limiter) => {
    const changed = new Promise<number>((resolve) => {
      limiter.on('limiter.ceiling_changed', ({ ceiling }) => resolve(ceiling))
    })
    await limiter.schedule(async (slot) => {
      slot.throttled({ retryAt: Date.now() + 1900, scope: '*', reason: 'rate' })
    })
    const ceiling = await changed
    expect(ceiling < 40 && ceiling >= 1, `a ceiling below 40 and of at least 1, not ${ceiling}`)
    expect(limiter.state().ceiling === ceiling, 'the same ceiling in the state')
  })

  add('calls that time out are removed from the queue', { initialCeiling: 1, window: 60_000 }, async (limiter) => {
    await limiter.schedule(async () => {})
    const calls = Array.from({ length: 50 }, () => limiter.schedule(async () => {}, { maxWait: 20 }))
    for (const call of calls) await rejection(call, 'API_RATE_LIMITED')
    expect(limiter.state().queued === 0, 'an empty queue')
  })
}
