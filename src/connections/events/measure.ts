import { type ErrorCode, isStagedoorError } from '../../errors.ts'
import type { Emitter } from '../../internal/emitter.ts'
import { newRevision } from '../records/record.ts'
import type { ConnectionEvents } from './events.ts'

type Outcome = ConnectionEvents['refresh.finished']['outcome']
type Tried = { readonly outcome: Outcome; readonly failure?: { readonly code: ErrorCode } }

/** Tells how long work took and what it came to. */
export interface Stopwatch {
  signIn<T>(work: () => Promise<T>): Promise<T>
  refresh<T extends Tried>(work: () => Promise<T>): Promise<T>
}

export function createStopwatch(emitter: Emitter<ConnectionEvents>, provider: string, now: () => number): Stopwatch {
  const finished = (startedAt: number) => {
    const end = now()
    return { id: `finished:${newRevision()}`, at: new Date(end), provider, startedAt, duration: end - startedAt }
  }
  const codeOf = (error: unknown): { code?: ErrorCode } => (isStagedoorError(error) ? { code: error.code } : {})
  return {
    async signIn(work) {
      const startedAt = now()
      const tell = (found: { code?: ErrorCode }): void =>
        emitter.emit('sign_in.finished', { ...finished(startedAt), ...found })
      try {
        const result = await work()
        tell({})
        return result
      } catch (error) {
        tell(codeOf(error))
        throw error
      }
    },
    async refresh(work) {
      const startedAt = now()
      const tell = (outcome: Outcome, found: { code?: ErrorCode }): void =>
        emitter.emit('refresh.finished', { ...finished(startedAt), outcome, ...found })
      try {
        const result = await work()
        tell(result.outcome, result.failure === undefined ? {} : { code: result.failure.code })
        return result
      } catch (error) {
        tell('failed', codeOf(error))
        throw error
      }
    },
  }
}
