import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LearnedWindow, type Ticket } from '../../../src/limits/adaptive/learned-window.ts'

const length = 1000

/** What a test does next: let real time pass, set the clock, send if allowed, or end one of the requests under way. */
type Step =
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'setBack'; readonly ms: number }
  | { readonly do: 'send'; readonly times: number }
  | { readonly do: 'end'; readonly which: number; readonly how: 'ok' | 'refused' | 'unsent'; readonly pause: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('pass' as const),
    ms: fc.oneof(fc.nat(50), fc.nat(1500), fc.double({ min: 0, max: 1000, noNaN: true })),
  }),
  fc.record({ do: fc.constant('setBack' as const), ms: fc.nat(5000) }),
  fc.record({ do: fc.constant('send' as const), times: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    do: fc.constant('end' as const),
    which: fc.nat(100),
    how: fc.constantFrom('ok' as const, 'ok' as const, 'ok' as const, 'refused' as const, 'unsent' as const),
    pause: fc.nat(2000),
  }),
)

const steps = fc.array(step, { minLength: 20, maxLength: 150, size: 'max' })

/** Every request ever admitted, with the span of real time in which the server may have seen it. */
interface Seen {
  readonly from: number
  to: number
  unsent: boolean
}

describe('the learned window', () => {
  test('never admits more than its cap in any trailing window, whenever the server saw the requests', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 6 }), (sequence, initialCeiling) => {
        let real = 1_000_000
        let skew = 0
        const window = new LearnedWindow({ initialCeiling, window: length, guard: 0 }, real)
        const flying: { readonly ticket: Ticket; readonly seen: Seen }[] = []
        const all: Seen[] = []
        for (const next of sequence) {
          if (next.do === 'pass') real += next.ms
          else if (next.do === 'setBack') skew -= next.ms
          else if (next.do === 'send') {
            for (let count = 0; count < next.times && window.wait(real + skew) === 0; count++) {
              const seen = { from: real, to: Number.POSITIVE_INFINITY, unsent: false }
              flying.push({ ticket: window.send(real + skew), seen })
              all.push(seen)
              // Brute force: all requests that may still be in the server's trailing window, this one included.
              const inside = all.filter(({ to, unsent }) => !unsent && to > real - length)
              expect(inside.length).toBeLessThanOrEqual(window.cap)
            }
          } else if (flying.length > 0) {
            const [flight] = flying.splice(next.which % flying.length, 1)
            const now = real + skew
            if (next.how === 'unsent') {
              window.unsent(now)
              flight!.seen.unsent = true
            } else {
              if (next.how === 'refused') window.throttled(flight!.ticket, now + next.pause, now)
              window.ended(flight!.ticket, now, next.how === 'refused')
              flight!.seen.to = real
            }
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('whatever happens, its numbers stay valid and it never stops for good', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 30 }), (sequence, initialCeiling) => {
        let now = 5_000
        const window = new LearnedWindow({ initialCeiling, window: length }, now)
        const flying: Ticket[] = []
        for (const next of sequence) {
          if (next.do === 'pass') now += next.ms
          else if (next.do === 'setBack') now -= next.ms
          else if (next.do === 'send') {
            for (let count = 0; count < next.times && window.wait(now) === 0; count++) flying.push(window.send(now))
          } else if (flying.length > 0) {
            const [ticket] = flying.splice(next.which % flying.length, 1)
            if (next.how === 'unsent') window.unsent(now)
            else {
              if (next.how === 'refused') window.throttled(ticket!, now + next.pause, now)
              window.ended(ticket!, now, next.how === 'refused')
            }
          }
          expect(Number.isSafeInteger(window.cap) && window.cap >= 1).toBe(true)
          expect(window.ceiling).toBeGreaterThanOrEqual(1)
        }
        for (const ticket of flying) window.ended(ticket, now)
        // A clock that was set back is noticed at the next look.
        window.count(now)
        now += 2 * length
        expect(window.wait(now)).toBe(0)
        expect(window.count(now)).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  const fill = (window: LearnedWindow, now: number, during: number) => {
    let sent = 0
    let time = now
    for (; time < now + during; time += 1) {
      while (window.wait(time) === 0) {
        window.ended(window.send(time), time)
        sent++
      }
    }
    return { sent, time }
  }

  test('it starts at the initial ceiling, paces from half of it, and doubles only after a window that was used up', () => {
    const window = new LearnedWindow({ initialCeiling: 20, window: length, guard: 0 }, 0)
    for (let count = 0; count < 10; count++) {
      expect(window.wait(0)).toBe(0)
      window.ended(window.send(0), 0)
    }
    window.ended(window.send(0), 0)
    expect(window.wait(0)).toBeGreaterThan(0)
    const { sent, time } = fill(window, 1, 0.85 * length)
    expect(sent).toBe(9)
    expect(window.cap).toBe(20)
    fill(window, time, length)
    expect(window.cap).toBeGreaterThan(20)
  })

  test('a window that is hardly used leaves the ceiling where it is', () => {
    const window = new LearnedWindow({ initialCeiling: 20, window: length }, 0)
    for (let now = 0; now < 100 * length; now += length / 5) window.ended(window.send(now), now)
    expect([window.cap, window.ceiling]).toEqual([20, 20])
  })

  test('what it has learned and what it has sent survive a restart', () => {
    const first = new LearnedWindow({ initialCeiling: 20, window: length, guard: 0 }, 0)
    let ticket: Ticket | undefined
    for (let now = 0; ticket === undefined || ticket.count < 15; now += 50) {
      if (first.wait(now) > 0) continue
      ticket = first.send(now)
      if (ticket.count < 15) first.ended(ticket, now)
      else {
        first.throttled(ticket, now + length, now)
        first.ended(ticket, now, true)
      }
    }
    const now = ticket.sentAt
    const state = JSON.parse(JSON.stringify({ learned: first.learned(now), inWindow: first.count(now) }))
    const second = new LearnedWindow({ initialCeiling: 20, window: length, guard: 0 }, now + 10, state)
    expect(second.ceiling).toBe(first.ceiling)
    expect(second.count(now + 10)).toBe(15)
    expect(second.wait(now + 10)).toBeGreaterThan(900)
  })

  test.each([null, 7, {}, { cap: 'many' }, { cap: Number.NaN }, { cap: -3 }])(
    'a stored state of %j is ignored',
    (learned) => {
      const restore = { learned: learned as never, inWindow: 0 }
      expect(new LearnedWindow({ initialCeiling: 33 }, 0, restore).ceiling).toBe(33)
    },
  )
})
