import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SpotifyApiError } from '../../../src/errors.ts'
import { type AdaptiveLimiterOptions, adaptiveLimiter } from '../../../src/limits/adaptive/adaptive-limiter.ts'
import type { Limiter, LimiterState } from '../../../src/limits/limiter.ts'

const begin = Date.UTC(2026, 10, 1)
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    (value) => value,
    (error: unknown) => error,
  )

describe('the in-process limiter, on a clock that the test moves', () => {
  beforeEach(() => void vi.useFakeTimers({ now: begin }))
  afterEach(() => void vi.useRealTimers())
  const job = async () => Date.now() - begin

  test('calls beyond the ceiling wait until the window has room', async () => {
    const limiter = adaptiveLimiter({ initialCeiling: 4, maxConcurrent: 10, guard: 0, maxWait: 60_000 })
    const starts = Promise.all(Array.from({ length: 5 }, () => limiter.schedule(job)))
    await vi.advanceTimersByTimeAsync(60_000)
    const [first, , , , fifth] = await starts
    expect(first).toBe(0)
    expect(fifth).toBeGreaterThanOrEqual(30_000)
  })

  test('Retry-After that is huge fails at once, with the moment unclamped, and nothing is slept through', async () => {
    const limiter = adaptiveLimiter()
    const retryAt = 8.64e15
    await limiter.schedule(async (slot) => slot.throttled({ retryAt, scope: '*', reason: 'rate' }))
    expect(await outcome(limiter.schedule(job))).toMatchObject({
      code: 'API_RATE_LIMITED',
      retryAt,
      reason: 'RATE_LIMITED',
    })
    await vi.advanceTimersByTimeAsync(86_400_000)
    expect(await outcome(limiter.schedule(job))).toMatchObject({ code: 'API_RATE_LIMITED', retryAt })
  })

  test('a pause within what a call may wait is waited for, one beyond it is not', async () => {
    const limiter = adaptiveLimiter()
    await limiter.schedule(async (slot) => slot.throttled({ retryAt: begin + 10_000, scope: '*', reason: 'rate' }))
    const waiting = limiter.schedule(job, { maxWait: 10_000 })
    expect(await outcome(limiter.schedule(job, { maxWait: 9_999 }))).toMatchObject({ code: 'API_RATE_LIMITED' })
    await vi.advanceTimersByTimeAsync(10_001)
    expect(await waiting).toBeGreaterThanOrEqual(10_000)
  })

  test('refusals without a moment double the pause until a request succeeds', async () => {
    const limiter = adaptiveLimiter()
    const refuse = () =>
      limiter.schedule(async (slot) => slot.throttled({ scope: 'a', reason: 'quota' }), { scope: 'a' })
    const pauses: number[] = []
    for (let count = 0; count < 3; count++) {
      const pause = (await refuse()) - Date.now()
      pauses.push(pause)
      await vi.advanceTimersByTimeAsync(pause)
    }
    await limiter.schedule(job, { scope: 'a' })
    pauses.push((await refuse()) - Date.now())
    expect(pauses).toEqual([60_000, 120_000, 240_000, 60_000])
  })

  test('responses to requests that were in flight do not double it', async () => {
    const limiter = adaptiveLimiter({ maxConcurrent: 4 })
    const refuse = () =>
      limiter.schedule(async (slot) => {
        await Promise.resolve()
        return slot.throttled({ scope: '*', reason: 'rate' })
      })
    expect(await Promise.all([refuse(), refuse(), refuse()])).toEqual([60_000, 60_000, 60_000].map((ms) => begin + ms))
  })

  test('a pause and its end are emitted, even without calls in the meantime', async () => {
    const limiter = adaptiveLimiter()
    const events: unknown[] = []
    limiter.on('limiter.paused', (event) => events.push(event))
    limiter.on('limiter.resumed', (event) => events.push(event))
    await limiter.schedule(async (slot) => slot.throttled({ retryAt: begin + 5000, scope: 'a', reason: 'quota' }))
    await vi.advanceTimersByTimeAsync(4_999)
    expect(events).toEqual([{ scope: 'a', reason: 'quota', until: begin + 5000 }])
    await vi.advanceTimersByTimeAsync(1)
    expect(events.at(-1)).toEqual({ scope: 'a' })
  })

  test('when the window is full, a call that cannot start in time fails at once', async () => {
    const restored = { proven: 4, upperBound: 5, cap: 4, at: begin }
    const restore = { learned: restored, inWindow: 4, cooldowns: [] } as unknown as LimiterState
    const limiter = adaptiveLimiter({ restore, guard: 0 })
    const first = limiter.schedule(job, { maxWait: 30_000 })
    const rest = Array.from({ length: 4 }, () => limiter.schedule(job, { maxWait: 70_000 }))
    const error = (await outcome(limiter.schedule(job, { maxWait: 59_000 }))) as SpotifyApiError
    expect(error).toMatchObject({ code: 'API_RATE_LIMITED', retryAt: begin + 60_000 })
    await vi.advanceTimersByTimeAsync(70_000)
    expect(await first).toBe(30_000)
    await Promise.all(rest)
  })

  test('after the last job no timer is left, and none while a pause lasts that would keep the process alive', async () => {
    const limiter = adaptiveLimiter({ initialCeiling: 2 })
    const calls = Array.from({ length: 4 }, () => limiter.schedule(job, { maxWait: 60_000 }))
    await vi.advanceTimersByTimeAsync(60_000)
    await Promise.all(calls)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('what one process has learned, pauses included, the next one starts from', async () => {
    const first = adaptiveLimiter({ initialCeiling: 50, window: 30_000 })
    for (let count = 0; count < 20; count++) await first.schedule(job)
    await first.schedule(async (slot) => slot.throttled({ retryAt: begin + 29_000, scope: '*', reason: 'rate' }))
    const stored = JSON.parse(JSON.stringify(first.state())) as LimiterState
    expect(stored.ceiling).toBeLessThan(50)
    const second = adaptiveLimiter({ initialCeiling: 50, restore: stored })
    expect(second.state()).toMatchObject({
      ceiling: stored.ceiling,
      inWindow: stored.inWindow,
      cooldowns: stored.cooldowns,
    })
    expect(await outcome(second.schedule(job, { maxWait: 1000 }))).toMatchObject({ code: 'API_RATE_LIMITED' })
  })

  test('a job that fails because the circuit is open takes no place', async () => {
    const limiter = adaptiveLimiter({ initialCeiling: 2 })
    const open = new SpotifyApiError('API_CIRCUIT_OPEN', 'open')
    for (let count = 0; count < 100; count++) {
      expect(await outcome(limiter.schedule(() => Promise.reject(open), { maxWait: 0 }))).toBe(open)
    }
    expect(limiter.state().inWindow).toBe(0)
  })
})

describe('the options of the in-process limiter', () => {
  test.each<[AdaptiveLimiterOptions]>([
    [{ initialCeiling: 0 }],
    [{ initialCeiling: 1.5 }],
    [{ maxConcurrent: 0 }],
    [{ maxQueue: -1 }],
    [{ window: 0 }],
    [{ window: Number.NaN }],
    [{ maxWait: -1 }],
    [{ maxConcurrent: '4' as never }],
  ])('%j makes no sense', (options) => {
    expect(() => adaptiveLimiter(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test('undefined means the default', () => {
    const options = { initialCeiling: undefined, window: undefined, maxConcurrent: undefined, restore: undefined }
    expect(adaptiveLimiter(options).state()).toMatchObject({ ceiling: 90, cap: 90, window: 30_000 })
  })
})

describe('the in-process limiter, on the real clock', () => {
  test('starts a job that need not wait before it returns', async () => {
    const limiter = adaptiveLimiter()
    let started = false
    const done = limiter.schedule(async () => {
      started = true
    })
    expect(started).toBe(true)
    await done
  })

  test('a process with a paused limiter and nothing to do ends', async () => {
    const path = fileURLToPath(new URL('../../../src/limits/adaptive/adaptive-limiter.ts', import.meta.url))
    const script = `import { adaptiveLimiter } from ${JSON.stringify(path)}
      const limiter = adaptiveLimiter()
      limiter.on('limiter.paused', () => {})
      await limiter.schedule(async (slot) => slot.throttled({ retryAt: Date.now() + 3_600_000, scope: '*', reason: 'rate' }))`
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], { stdio: 'inherit' })
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  })

  test('10,000 calls that abort while they wait leave nothing behind', async () => {
    const limiter: Limiter = adaptiveLimiter({ maxConcurrent: 1 })
    let open = (): void => {}
    const blocker = limiter.schedule(
      () =>
        new Promise<void>((resolve) => {
          open = resolve
        }),
    )
    const controller = new AbortController()
    const calls = Array.from({ length: 10_000 }, () => limiter.schedule(async () => 1, { signal: controller.signal }))
    expect(await outcome(limiter.schedule(async () => 1))).toMatchObject({ code: 'API_QUEUE_FULL' })
    controller.abort()
    for (const call of calls) expect(await outcome(call)).toBe(controller.signal.reason)
    expect(limiter.state().queued).toBe(0)
    open()
    await blocker
    expect(limiter.state().inWindow).toBe(1)
  })
})
