import { isStagedoorError, SpotifyApiError } from '../errors.ts'
import { deadline } from '../internal/signal.ts'
import type { BreakerState } from '../limits/breaker.ts'
import { type AttemptOptions, createAttempts, type Work } from './attempt.ts'
import type { RequestOptions } from './options.ts'
import { type Progress, start } from './progress.ts'
import { createRetry } from './retry.ts'
import type { Incoming, Outgoing } from './transport.ts'

export interface PipelineOptions extends AttemptOptions {
  readonly retries: number
  readonly deadline: number | undefined
}

export interface Pipeline {
  /** Sends a call through retry, limiter, breaker and transport. Resolves with a response of 2xx. */
  send(work: Work, options: RequestOptions): Promise<Incoming>
  circuit(): BreakerState
  /** From now on every call fails with `API_CLOSED`. */
  close(): void
}

/** Creates what every call runs through: `retry( limiter( gate( breaker( attempt ) ) ) )`. */
export function createPipeline(pipeline: PipelineOptions): Pipeline {
  const { now, emitter } = pipeline
  const attempts = createAttempts(pipeline)
  const retry = createRetry(pipeline, attempts)

  function finish(work: Work, progress: Progress, status?: number, code?: string): void {
    if (!emitter.hears('request.finished')) return
    const { attempts, refusals: throttles, queued, startedAt } = progress
    const { request } = work.outgoing
    const duration = now() - startedAt
    emitter.emit('request.finished', { request, status, code, attempts, throttles, queued, startedAt, duration })
  }

  /** What becomes of a call whose first attempt failed. */
  async function recover(work: Work, options: RequestOptions, progress: Progress, error: unknown): Promise<Incoming> {
    try {
      const incoming = await retry(work, options, progress, error)
      finish(work, progress, incoming.status)
      return incoming
    } catch (last) {
      const { status, code = 'ABORTED' } = isStagedoorError(last) ? (last as SpotifyApiError) : {}
      finish(work, progress, status, code)
      throw withRequest(last, work.outgoing.request)
    }
  }

  /** Small, since what an `async` function holds is kept in memory while the call waits. */
  async function attempt(work: Work, options: RequestOptions, progress: Progress): Promise<Incoming> {
    try {
      await attempts.getToken(work, options, progress)
      const incoming = await attempts.send(work, options, progress)
      finish(work, progress, incoming.status)
      return incoming
    } catch (error) {
      return recover(work, options, progress, error)
    }
  }

  async function attemptInTime(work: Work, options: RequestOptions, limit: number): Promise<Incoming> {
    const { request } = work.outgoing
    const late = (): SpotifyApiError =>
      new SpotifyApiError('API_TIMEOUT', 'The call took longer than its deadline.', { request })
    const end = deadline(limit, options.signal, late)
    try {
      return await attempt(work, { ...options, signal: end.signal }, start(now()))
    } finally {
      end.done()
    }
  }

  let closed = false
  return {
    circuit: attempts.circuit,
    close() {
      closed = true
    },
    send(work, options) {
      if (closed) {
        const { request } = work.outgoing
        return Promise.reject(new SpotifyApiError('API_CLOSED', 'The client is closed.', { request }))
      }
      const limit = options.deadline ?? pipeline.deadline
      return limit === undefined ? attempt(work, options, start(now())) : attemptInTime(work, options, limit)
    },
  }
}

/** Names the request on an error of the limiter or the breaker, which know of none. */
function withRequest(error: unknown, request: Outgoing['request']): unknown {
  if (
    isStagedoorError(error) &&
    error.name === 'SpotifyApiError' &&
    error.request === undefined &&
    Object.isExtensible(error)
  ) {
    Object.defineProperty(error, 'request', { value: request, enumerable: true, configurable: true })
  }
  return error
}
