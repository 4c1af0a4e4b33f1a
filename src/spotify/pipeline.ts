import { isStagedoorError, SpotifyApiError } from '../errors.ts'
import { timeoutSignal } from '../internal/timeout.ts'
import type { BreakerState } from '../limits/breaker.ts'
import { type ApiCall, type AttemptOptions, createAttempts } from './attempt.ts'
import type { RequestOptions } from './options.ts'
import { type Progress, start } from './progress.ts'
import { createRetry } from './retry.ts'
import type { ApiRequest, ApiResponse } from './transport.ts'

interface PipelineOptions extends AttemptOptions {
  readonly retries: number
  readonly deadline: number | undefined
}

export interface Pipeline {
  /** Sends a call through retry, limiter, breaker and transport. Resolves with a response of 2xx. */
  send(call: ApiCall, options: RequestOptions): Promise<ApiResponse>
  circuit(): BreakerState
  /** From now on every call fails with `API_CLOSED`. */
  close(): void
}

/** Creates what every call runs through: `retry( limiter( gate( breaker( attempt ) ) ) )`. */
export function createPipeline(pipeline: PipelineOptions): Pipeline {
  const { now, emitter } = pipeline
  const attempts = createAttempts(pipeline)
  const retry = createRetry(pipeline, attempts)

  function finish(call: ApiCall, progress: Progress, status?: number, code?: string): void {
    if (!emitter.hasListeners('request.finished')) return
    const { attempts, refusals: throttles, queued, startedAt } = progress
    const { request } = call.outgoing
    const duration = now() - startedAt
    emitter.emit('request.finished', { request, status, code, attempts, throttles, queued, startedAt, duration })
  }

  /** Continues a call whose first attempt failed. */
  async function recover(
    call: ApiCall,
    options: RequestOptions,
    progress: Progress,
    error: unknown,
  ): Promise<ApiResponse> {
    try {
      const response = await retry(call, options, progress, error)
      finish(call, progress, response.status)
      return response
    } catch (finalError) {
      const { status, code = 'ABORTED' } = isStagedoorError(finalError) ? (finalError as SpotifyApiError) : {}
      finish(call, progress, status, code)
      throw withRequest(finalError, call.outgoing.request)
    }
  }

  /** Small, since what an `async` function holds is kept in memory while the call waits. */
  async function attempt(call: ApiCall, options: RequestOptions, progress: Progress): Promise<ApiResponse> {
    try {
      await attempts.getToken(call, options, progress)
      const response = await attempts.send(call, options, progress)
      finish(call, progress, response.status)
      return response
    } catch (error) {
      return recover(call, options, progress, error)
    }
  }

  async function attemptInTime(call: ApiCall, options: RequestOptions, limit: number): Promise<ApiResponse> {
    const { request } = call.outgoing
    const timeoutError = (): SpotifyApiError =>
      new SpotifyApiError('API_TIMEOUT', 'The call took longer than its deadline.', { request })
    const limitSignal = timeoutSignal(limit, options.signal, timeoutError)
    try {
      return await attempt(call, { ...options, signal: limitSignal.signal }, start(now()))
    } finally {
      limitSignal.done()
    }
  }

  let closed = false
  return {
    circuit: attempts.circuit,
    close() {
      closed = true
    },
    send(call, options) {
      if (closed) {
        const { request } = call.outgoing
        return Promise.reject(new SpotifyApiError('API_CLOSED', 'The client is closed.', { request }))
      }
      const limit = options.deadline ?? pipeline.deadline
      return limit === undefined ? attempt(call, options, start(now())) : attemptInTime(call, options, limit)
    },
  }
}

/** The error of this call for an error of the limiter or the breaker, which know no request. */
function withRequest(error: unknown, request: ApiRequest['request']): unknown {
  if (!isStagedoorError(error) || error.name !== 'SpotifyApiError' || error.request !== undefined) return error
  const { code, message, cause, retryable, status, retryAt, reason, action, detail, scopes, done } = error
  const details = { cause, retryable, status, retryAt, reason, action, detail, scopes, done, request }
  return new SpotifyApiError(code, message, details)
}
