import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { abortable, sleep } from '../../src/internal/signal.ts'

const stop = new Error('Stopped by the caller.')

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('abortable', () => {
  it('settles as the promise does when nothing aborts', async () => {
    const { signal } = new AbortController()
    expect(await abortable(Promise.resolve(1), signal)).toBe(1)
    await expect(abortable(Promise.reject(stop), signal)).rejects.toBe(stop)
    expect(await abortable(Promise.resolve(2), undefined)).toBe(2)
  })

  it("rejects with the signal's reason while the promise is pending", async () => {
    const caller = new AbortController()
    const rejected = expect(abortable(new Promise(() => {}), caller.signal)).rejects.toBe(stop)
    caller.abort(stop)
    await rejected
  })

  it('ignores a rejection of the promise when the signal is already aborted', async () => {
    await expect(abortable(Promise.reject(new Error('late')), AbortSignal.abort(stop))).rejects.toBe(stop)
  })
})

describe('sleep', () => {
  it('resolves after its time and leaves no listener behind', async () => {
    const caller = new AbortController()
    const removed = vi.spyOn(caller.signal, 'removeEventListener')
    const slept = sleep(1000, caller.signal)
    await vi.advanceTimersByTimeAsync(1000)
    await slept
    expect(removed).toHaveBeenCalledOnce()
  })

  it("rejects with the signal's reason and clears its timer", async () => {
    const caller = new AbortController()
    const rejected = expect(sleep(1000, caller.signal)).rejects.toBe(stop)
    caller.abort(stop)
    await rejected
    expect(vi.getTimerCount()).toBe(0)
    await expect(sleep(1000, caller.signal)).rejects.toBe(stop)
  })
})
