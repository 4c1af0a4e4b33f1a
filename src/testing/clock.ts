import { sleep } from '../internal/signal.ts'

/** The fake's own time. Epoch milliseconds. */
export interface FakeClock {
  /** Epoch milliseconds. */
  now(): number
  /** Moves the time on by `ms` milliseconds and wakes what waits for it: expiry, rate windows, delayed answers. */
  advance(ms: number): void
  /** Resolves after `ms` of this clock's time. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

/**
 * What drives the clock: the machine's time; nothing but `advance`, from the present (`virtual`) or from a moment in
 * epoch milliseconds; or the clock that an application uses already.
 */
export type ClockOption = 'real' | 'virtual' | number | (() => number) | Pick<FakeClock, 'now'>

export function createClock(option: ClockOption = 'real'): FakeClock & { reset(): void } {
  let offset = 0
  let sleepers: { until: number; wake(): void }[] = []
  const start = option === 'virtual' ? Date.now() : option
  const read = readerOf(start)
  const now = (): number => read() + offset
  return {
    now,
    advance(ms) {
      offset += ms
      const awake = sleepers.filter((sleeper) => sleeper.until <= now())
      sleepers = sleepers.filter((sleeper) => !awake.includes(sleeper))
      for (const sleeper of awake) sleeper.wake()
    },
    async wait(ms, signal) {
      const sleeper = { until: now() + ms, wake: () => {} }
      const advanced = new Promise<void>((resolve) => {
        sleeper.wake = resolve
      })
      sleepers.push(sleeper)
      const stop = new AbortController()
      const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
      try {
        // A clock that stands still is only moved by `advance`; it must not hold the process up meanwhile.
        const passed = typeof start === 'number' ? aborted(signal) : sleep(ms, either)
        await Promise.race([advanced, passed])
      } finally {
        sleepers = sleepers.filter((other) => other !== sleeper)
        stop.abort()
      }
    },
    reset() {
      offset = 0
      for (const sleeper of sleepers) sleeper.wake()
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
