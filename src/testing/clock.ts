import { sleep } from '../internal/signal.ts'

/** The fake's own time. Epoch milliseconds. */
export interface FakeClock {
  /** Epoch milliseconds. */
  now(): number
  /** Advances the time by `ms` milliseconds, which affects expiry, rate windows and delayed responses. */
  advance(ms: number): void
  /** Resolves after `ms` of this clock's time. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

/**
 * The source of the time: `real` is the system clock; `virtual` (from now) and a number (epoch milliseconds) only move
 * with `advance`; a function or an object with `now` is the application's own clock.
 */
export type ClockOption = 'real' | 'virtual' | number | (() => number) | Pick<FakeClock, 'now'>

export function createClock(option: ClockOption = 'real'): FakeClock & { reset(): void } {
  let offset = 0
  let waiters: { until: number; wake(): void }[] = []
  const start = option === 'virtual' ? Date.now() : option
  const read = readerOf(start)
  const now = (): number => read() + offset
  return {
    now,
    advance(ms) {
      offset += ms
      const due = waiters.filter((waiter) => waiter.until <= now())
      waiters = waiters.filter((waiter) => !due.includes(waiter))
      for (const waiter of due) waiter.wake()
    },
    async wait(ms, signal) {
      const waiter = { until: now() + ms, wake: () => {} }
      const advanced = new Promise<void>((resolve) => {
        waiter.wake = resolve
      })
      waiters.push(waiter)
      const stop = new AbortController()
      const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
      try {
        // A fixed clock only moves with `advance`; a timer would keep the process alive.
        const passed = typeof start === 'number' ? aborted(signal) : sleep(ms, stopped)
        await Promise.race([advanced, passed])
      } finally {
        waiters = waiters.filter((other) => other !== waiter)
        stop.abort()
      }
    },
    reset() {
      offset = 0
      for (const waiter of waiters) waiter.wake()
    },
  }
}

function readerOf(option: Exclude<ClockOption, 'virtual'>): () => number {
  if (option === 'real') return Date.now
  if (typeof option === 'number') return () => option
  return typeof option === 'function' ? option : () => option.now()
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
