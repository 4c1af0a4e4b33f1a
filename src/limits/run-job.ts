import { isStagedoorError } from '../errors.ts'
import type { Slot } from './limiter.ts'

/** What became of the request of a job: taken or unknown, refused with 429, or never sent. */
export type Outcome = 'ok' | 'refused' | 'unsent'

/** Runs a job with its slot and says what became of it, however it ends. */
export async function runJob<T>(
  job: (slot: Slot) => Promise<T>,
  throttled: Slot['throttled'],
  ended: (outcome: Outcome) => void,
): Promise<T> {
  let outcome: Outcome = 'ok'
  try {
    return await job({
      throttled: (info) => {
        outcome = 'refused'
        return throttled(info)
      },
      unsent: () => {
        if (outcome === 'ok') outcome = 'unsent'
      },
    })
  } catch (error) {
    // A circuit breaker inside the job has kept it from sending.
    if (isStagedoorError(error) && error.code === 'API_CIRCUIT_OPEN' && outcome === 'ok') outcome = 'unsent'
    throw error
  } finally {
    ended(outcome)
  }
}
