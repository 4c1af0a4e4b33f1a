import { isStagedoorError } from '../../errors.ts'
import { jitter } from '../../internal/jitter.ts'
import { sleep } from '../../internal/signal.ts'

/** Milliseconds before each repeat, up to twice as long. */
const pauses = [10, 100] as const
/** Milliseconds: a read that fails later waits for a slow store, which more reads would slow down further. */
const soon = 1000

/**
 * Repeats a read that failed at once with an error that may pass, such as that of a pooled connection which died while it
 * was idle. A claim with a nonce may be repeated in the same way.
 */
export async function readAgain<T>(read: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (const pause of pauses) {
    const startedAt = performance.now()
    try {
      return await read()
    } catch (error) {
      signal?.throwIfAborted()
      const passes = isStagedoorError(error) && error.retryable && performance.now() - startedAt < soon
      if (!passes) throw error
      await sleep(pause + jitter(pause), signal)
    }
  }
  return await read()
}
