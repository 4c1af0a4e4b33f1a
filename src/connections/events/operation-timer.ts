import { type ErrorCode, isStagedoorError } from '../../errors.ts'
import type { Emitter } from '../../internal/emitter.ts'
import { newRevision } from '../records/record.ts'
import type { ConnectionEvents } from './events.ts'

type Outcome = ConnectionEvents['refresh.finished']['outcome']
type TimedResult = { readonly outcome: Outcome; readonly failure?: { readonly code: ErrorCode } }

/** Measures an operation and emits its duration and outcome. */
export interface OperationTimer {
  signIn<T>(work: () => Promise<T>): Promise<T>
  refresh<T extends TimedResult>(work: () => Promise<T>): Promise<T>
}

export function createOperationTimer(
  emitter: Emitter<ConnectionEvents>,
  provider: string,
  now: () => number,
): OperationTimer {
  const finished = (startedAt: number) => {
    const end = now()
    return { id: `finished:${newRevision()}`, at: new Date(end), provider, startedAt, duration: end - startedAt }
  }
  const codeOf = (error: unknown): { code?: ErrorCode } => (isStagedoorError(error) ? { code: error.code } : {})
  return {
    async signIn(work) {
      const startedAt = now()
      const emit = (details: { code?: ErrorCode }): void =>
        emitter.emit('sign_in.finished', { ...finished(startedAt), ...details })
      try {
        const result = await work()
        emit({})
        return result
      } catch (error) {
        emit(codeOf(error))
        throw error
      }
    },
    async refresh(work) {
      const startedAt = now()
      const emit = (outcome: Outcome, details: { code?: ErrorCode }): void =>
        emitter.emit('refresh.finished', { ...finished(startedAt), outcome, ...details })
      try {
        const result = await work()
        emit(result.outcome, result.failure === undefined ? {} : { code: result.failure.code })
        return result
      } catch (error) {
        emit('failed', codeOf(error))
        throw error
      }
    },
  }
}
