import { isStagedoorError } from '../errors.ts'
import type { Slot } from './limiter.ts'

/** The outcome of a job's request: accepted or unknown, refused with 429, or never sent. */
export type Outcome = 'ok' | 'refused' | 'unsent'

/** Runs a job with its slot and reports the outcome, whether it resolves or rejects. */
export function runJob<T>(
  job: (slot: Slot) => Promise<T>,
  throttled: Slot['throttled'],
  ended: (outcome: Outcome) => void,
): Promise<T> {
  let outcome: Outcome = 'ok'
  const slot: Slot = {
    throttled: (info) => {
      outcome = 'refused'
      return throttled(info)
    },
    unsent: () => {
      if (outcome === 'ok') outcome = 'unsent'
    },
  }
  const failed = (error: unknown): never => {
    // A circuit breaker inside the job prevented the request.
    if (isStagedoorError(error) && error.code === 'API_CIRCUIT_OPEN' && outcome === 'ok') outcome = 'unsent'
    ended(outcome)
    throw error
  }
  try {
    return Promise.resolve(job(slot)).then((value) => {
      ended(outcome)
      return value
    }, failed)
  } catch (error) {
    return new Promise(() => failed(error))
  }
}
