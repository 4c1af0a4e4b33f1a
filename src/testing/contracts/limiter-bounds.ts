import type { AddCase } from './limiter.ts'
import { expect, rejection } from './limiter-checks.ts'

export function addBoundCases(add: AddCase): void {
  add('no more are sent in the first window than the ceiling', { initialCeiling: 5, window: 400 }, async (limiter) => {
    const starts: number[] = []
    const calls = Array.from({ length: 8 }, () => limiter.schedule(async () => starts.push(Date.now())))
    await Promise.all(calls)
    const [first = 0, sixth = 0] = [starts[0], starts[5]]
    // One millisecond for the rounding of the clock.
    expect(sixth - first >= 399, `the sixth a window after the first, not after ${sixth - first} ms`)
  })

  add('a place that was not used is given back', { initialCeiling: 3, window: 60_000 }, async (limiter) => {
    for (let index = 0; index < 10; index++) await limiter.schedule(async (slot) => slot.unsent(), { maxWait: 1000 })
    expect(limiter.state().inWindow === 0, 'nothing in the window')
  })

  add('the state tells what is going on, as JSON', { initialCeiling: 7 }, async (limiter) => {
    await limiter.schedule(async () => {
      expect(limiter.state().running === 1, 'one running job')
    })
    const state = limiter.state()
    expect(state.ceiling === 7 && state.cap === 7 && state.window === 500, 'the ceiling, the cap and the window')
    expect(state.running === 0 && state.queued === 0 && state.cooldowns.length === 0, 'nothing under way')
    expect(JSON.stringify(JSON.parse(JSON.stringify(state))) === JSON.stringify(state), 'a state that survives JSON')
  })

  add('a refusal lowers the ceiling, and says so', { initialCeiling: 40, window: 2000 }, async (limiter) => {
    const changed = new Promise<number>((resolve) => {
      limiter.on('limiter.ceiling_changed', ({ ceiling }) => resolve(ceiling))
    })
    await limiter.schedule(async (slot) => {
      slot.throttled({ retryAt: Date.now() + 1900, scope: '*', reason: 'rate' })
    })
    const ceiling = await changed
    expect(ceiling < 40 && ceiling >= 1, `a ceiling below 40 and of at least 1, not ${ceiling}`)
    expect(limiter.state().ceiling === ceiling, 'the state to name the same ceiling')
  })

  add('many calls that give up leave nothing behind', { initialCeiling: 1, window: 60_000 }, async (limiter) => {
    await limiter.schedule(async () => {})
    const calls = Array.from({ length: 50 }, () => limiter.schedule(async () => {}, { maxWait: 20 }))
    for (const call of calls) await rejection(call, 'API_RATE_LIMITED')
    expect(limiter.state().queued === 0, 'an empty queue')
  })
}
