import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runningTimeSignal, settleWithin, timeoutSignal, withTimeout } from '../../src/internal/timeout.ts'

const never = new Promise<never>(() => {})
const late = new Error('Too late.')
const stop = new Error('Stopped by the caller.')

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('timeoutSignal', () => {
  it('aborts with the given reason when the time has passed, and not before', async () => {
    const { signal } = timeoutSignal(1000, undefined, () => late)
    await vi.advanceTimersByTimeAsync(999)
    expect(signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(signal.reason).toBe(late)
  })

  it("aborts with the caller's reason when the caller's signal aborts first", () => {
    const caller = new AbortController()
    const { signal } = timeoutSignal(1000, caller.signal, () => late)
    caller.abort(stop)
    expect(signal.reason).toBe(stop)
  })

  it("is aborted from the start when the caller's signal is", () => {
    expect(timeoutSignal(1000, AbortSignal.abort(stop)).signal.reason).toBe(stop)
  })

  it('leaves no timer and no listener behind once it is done', async () => {
    const caller = new AbortController()
    const limit = timeoutSignal(1000, caller.signal)
    limit.done()
    expect(vi.getTimerCount()).toBe(0)
    caller.abort(stop)
    await vi.advanceTimersByTimeAsync(2000)
    expect(limit.signal.aborted).toBe(false)
  })
})

describe('runningTimeSignal', () => {
  it.each([1, 3, 100, 10_000])('aborts with the given reason after %i ms, and not before', async (ms) => {
    const { signal } = runningTimeSignal(ms, () => late)
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(signal.reason).toBe(late)
  })

  it('counts a suspension of the process as one slice of its time only', async () => {
    const overdue: (() => void)[] = []
    vi.stubGlobal('setTimeout', (run: () => void) => overdue.push(run))
    try {
      const { signal } = runningTimeSignal(2000, () => late)
      const slices = 4
      for (let slice = 1; slice < slices; slice++) {
        overdue.shift()?.()
        expect(signal.aborted).toBe(false)
      }
      overdue.shift()?.()
      expect(signal.reason).toBe(late)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('leaves no timer behind once it is done', async () => {
    const limit = runningTimeSignal(2000, () => late)
    await vi.advanceTimersByTimeAsync(700)
    limit.done()
    expect(vi.getTimerCount()).toBe(0)
    expect(limit.signal.aborted).toBe(false)
  })
})

describe('withTimeout', () => {
  it('settles as the promise does within the time, and leaves no timer behind', async () => {
    expect(await withTimeout(Promise.resolve(1), 1000, () => late)).toBe(1)
    await expect(withTimeout(Promise.reject(stop), 1000, () => late)).rejects.toBe(stop)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('rejects with the error of the timeout when the time has passed', async () => {
    const rejected = expect(withTimeout(never, 1000, () => late)).rejects.toBe(late)
    await vi.advanceTimersByTimeAsync(1000)
    await rejected
  })

  it("rejects with the caller's reason when the caller's signal aborts first", async () => {
    const caller = new AbortController()
    const rejected = expect(withTimeout(never, 1000, () => late, caller.signal)).rejects.toBe(stop)
    caller.abort(stop)
    await rejected
    await expect(withTimeout(never, 1000, () => late, caller.signal)).rejects.toBe(stop)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ignores a rejection that comes too late', async () => {
    const { promise, reject } = Promise.withResolvers<never>()
    const rejected = expect(withTimeout(promise, 1000, () => late)).rejects.toBe(late)
    await vi.advanceTimersByTimeAsync(1000)
    reject(stop)
    await rejected
  })
})

describe('settleWithin', () => {
  it('returns the value of a promise that settles within the time, and leaves no timer behind', async () => {
    expect(await settleWithin(Promise.resolve(undefined), 1000)).toEqual({ value: undefined })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('returns undefined when the time has passed first', async () => {
    const result = settleWithin(never, 1000)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await result).toBeUndefined()
  })

  it('passes on a rejection within the time and ignores a later one', async () => {
    await expect(settleWithin(Promise.reject(stop), 1000)).rejects.toBe(stop)
    const { promise, reject } = Promise.withResolvers<never>()
    const result = settleWithin(promise, 1000)
    await vi.advanceTimersByTimeAsync(1000)
    reject(stop)
    expect(await result).toBeUndefined()
  })
})
