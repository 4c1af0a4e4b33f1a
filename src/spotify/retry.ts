import { isStagedoorError, type SpotifyApiError } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import { retry as repeat } from '../internal/retry.ts'
import { sleep } from '../internal/signal.ts'
import type { ApiCall, Attempts } from './attempt.ts'
import type { SpotifyEvents } from './events.ts'
import type { RequestOptions } from './options.ts'
import type { Progress } from './progress.ts'
import type { ApiResponse } from './transport.ts'

interface RetryOptions {
  readonly now: () => number
  readonly retries: number
  readonly maxWait: number
  readonly emitter: Emitter<SpotifyEvents>
}

/** Makes the further attempts of a call whose first one failed with `error`; throws the last error when there are none. */
type Retry = (call: ApiCall, options: RequestOptions, progress: Progress, error: unknown) => Promise<ApiResponse>

const maxThrottles = 5
const transientCodes: ReadonlySet<string> = new Set(['API_SERVER_ERROR', 'API_UNREACHABLE', 'API_TIMEOUT'])
const throttledCodes: ReadonlySet<string> = new Set(['API_RATE_LIMITED', 'API_QUOTA_EXCEEDED'])

/** Continues calls whose first attempt failed: p-retry counts the attempts and backs off between them. */
export function createRetry(retry: RetryOptions, attempts: Pick<Attempts, 'getToken' | 'send'>): Retry {
  const { now, emitter } = retry

  function report(call: ApiCall, error: SpotifyApiError, progress: Progress, delay: number): void {
    emitter.emit('request.retried', {
      request: call.outgoing.request,
      code: error.code,
      status: error.status,
      attempt: progress.failures + progress.throttles,
      delay,
    })
  }

  /** After the first refusal of its token, sends the call again with another one, if there is one. */
  async function replay(
    call: ApiCall,
    options: RequestOptions,
    progress: Progress,
    error: unknown,
  ): Promise<ApiResponse> {
    if (progress.replayed || !isStagedoorError(error) || error.code !== 'API_UNAUTHORIZED') throw error
    progress.replayed = true
    const { token } = progress
    await attempts.getToken(call, options, progress, token)
    if (progress.token === token) throw error
    report(call, error, progress, 0)
    return attempts.send(call, options, progress)
  }

  function isRepeatable(call: ApiCall, options: RequestOptions, progress: Progress, error: unknown): boolean {
    const { maxWait = retry.maxWait } = options
    if (!progress.sent || !isStagedoorError(error)) return false
    const { code, retryAt } = error as SpotifyApiError
    const pause = retryAt === undefined ? 0 : retryAt - now()
    if (progress.waited + pause > maxWait) return false
    // Spotify did not process what it refused for its rate, so that even a write can be sent again.
    if (throttledCodes.has(code)) return progress.throttles <= maxThrottles && (options.retries ?? retry.retries) > 0
    if (!transientCodes.has(code)) return false
    if (code === 'API_TIMEOUT' && call.operation?.playback === true) return false
    const retries = call.idempotent ? (options.retries ?? retry.retries) : (options.retries ?? 0)
    return progress.failures <= retries
  }

  return async (call, options, progress, first) => {
    const settle = async (error: unknown): Promise<ApiResponse> => {
      try {
        return await replay(call, options, progress, error)
      } catch (finalError) {
        if (isStagedoorError(finalError) && throttledCodes.has(finalError.code)) progress.throttles++
        else progress.failures++
        throw finalError
      }
    }
    let failure: unknown
    try {
      return await settle(first)
    } catch (error) {
      if (!isRepeatable(call, options, progress, error)) throw error
      failure = error
    }
    return repeat(
      async (attempt) => {
        if (attempt === 1) throw failure
        try {
          await attempts.getToken(call, options, progress)
          return await attempts.send(call, options, progress)
        } catch (error) {
          return settle(error)
        }
      },
      {
        retries: maxThrottles + Math.max(options.retries ?? retry.retries, 0),
        minTimeout: 250,
        maxTimeout: 5000,
        randomize: true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        shouldConsumeRetry: ({ error }) => !isImmediate(error, progress),
        shouldRetry: async ({ error, retryDelay }) => {
          if (!isRepeatable(call, options, progress, error)) return false
          const failed = error as SpotifyApiError
          report(call, failed, progress, retryDelay)
          const { code, retryAt } = failed
          const pause = throttledCodes.has(code) || retryAt === undefined ? 0 : Math.max(0, retryAt - now())
          progress.waited += pause + retryDelay
          if (pause > 0) await sleep(pause, options.signal)
          return true
        },
      },
    )
  }
}

/** The limiter already delays a call after a 429, and about half of the first 502s do not happen again. */
function isImmediate(error: unknown, progress: Progress): boolean {
  if (!isStagedoorError(error)) return false
  if (throttledCodes.has(error.code)) return true
  const { status, retryAt } = error as SpotifyApiError
  return status === 502 && retryAt === undefined && progress.failures === 1
}
