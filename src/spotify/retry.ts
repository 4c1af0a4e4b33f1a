import { isStagedoorError, type SpotifyApiError } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import { retry as repeat } from '../internal/retry.ts'
import { sleep } from '../internal/signal.ts'
import type { Attempts, Work } from './attempt.ts'
import type { SpotifyEvents } from './events.ts'
import type { RequestOptions } from './options.ts'
import type { Progress } from './progress.ts'
import type { Incoming } from './transport.ts'

export interface RetryOptions {
  readonly now: () => number
  readonly retries: number
  readonly maxWait: number
  readonly emitter: Emitter<SpotifyEvents>
}

/** Makes the further attempts of a call whose first one failed with `error`; throws the last error when there are none. */
export type Retry = (work: Work, options: RequestOptions, progress: Progress, error: unknown) => Promise<Incoming>

const mostThrottles = 5
const passing: ReadonlySet<string> = new Set(['API_SERVER_ERROR', 'API_UNREACHABLE', 'API_TIMEOUT'])
const throttled: ReadonlySet<string> = new Set(['API_RATE_LIMITED', 'API_QUOTA_EXCEEDED'])

/** Decides what becomes of a call whose first attempt failed: p-retry counts, waits and backs off from there. */
export function createRetry(retry: RetryOptions, attempts: Pick<Attempts, 'getToken' | 'send'>): Retry {
  const { now, emitter } = retry

  function report(work: Work, error: SpotifyApiError, progress: Progress, delay: number): void {
    emitter.emit('request.retried', {
      request: work.outgoing.request,
      code: error.code,
      status: error.status,
      attempt: progress.failures + progress.throttles,
      delay,
    })
  }

  /** After the first refusal of its token, sends the call again with another one, if there is one. */
  async function replay(work: Work, options: RequestOptions, progress: Progress, error: unknown): Promise<Incoming> {
    if (progress.replayed || !isStagedoorError(error) || error.code !== 'API_UNAUTHORIZED') throw error
    progress.replayed = true
    const { token } = progress
    await attempts.getToken(work, options, progress, token)
    if (progress.token === token) throw error
    report(work, error, progress, 0)
    return attempts.send(work, options, progress)
  }

  function repeatable(work: Work, options: RequestOptions, progress: Progress, error: unknown): boolean {
    const { maxWait = retry.maxWait } = options
    if (!progress.sent || !isStagedoorError(error)) return false
    const { code, retryAt } = error as SpotifyApiError
    const pause = retryAt === undefined ? 0 : retryAt - now()
    if (progress.waited + pause > maxWait) return false
    // Spotify did not process what it refused for its rate, so that even a write can be sent again.
    if (throttled.has(code)) return progress.throttles <= mostThrottles && (options.retries ?? retry.retries) > 0
    if (!passing.has(code)) return false
    if (code === 'API_TIMEOUT' && work.operation?.playback === true) return false
    const retries = work.idempotent ? (options.retries ?? retry.retries) : (options.retries ?? 0)
    return progress.failures <= retries
  }

  return async (work, options, progress, first) => {
    const settle = async (error: unknown): Promise<Incoming> => {
      try {
        return await replay(work, options, progress, error)
      } catch (last) {
        if (isStagedoorError(last) && throttled.has(last.code)) progress.throttles++
        else progress.failures++
        throw last
      }
    }
    let failure: unknown
    try {
      return await settle(first)
    } catch (error) {
      if (!repeatable(work, options, progress, error)) throw error
      failure = error
    }
    return repeat(
      async (attempt) => {
        if (attempt === 1) throw failure
        try {
          await attempts.getToken(work, options, progress)
          return await attempts.send(work, options, progress)
        } catch (error) {
          return settle(error)
        }
      },
      {
        retries: mostThrottles + Math.max(options.retries ?? retry.retries, 0),
        minTimeout: 250,
        maxTimeout: 5000,
        randomize: true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        shouldConsumeRetry: ({ error }) => !isImmediate(error, progress),
        shouldRetry: async ({ error, retryDelay }) => {
          if (!repeatable(work, options, progress, error)) return false
          const failed = error as SpotifyApiError
          report(work, failed, progress, retryDelay)
          const { code, retryAt } = failed
          const pause = throttled.has(code) || retryAt === undefined ? 0 : Math.max(0, retryAt - now())
          progress.waited += pause + retryDelay
          if (pause > 0) await sleep(pause, options.signal)
          return true
        },
      },
    )
  }
}

/** A refusal for the rate waits in the limiter; the first 502 is a passing one about as often as not. */
function isImmediate(error: unknown, progress: Progress): boolean {
  if (!isStagedoorError(error)) return false
  if (throttled.has(error.code)) return true
  const { status, retryAt } = error as SpotifyApiError
  return status === 502 && retryAt === undefined && progress.failures === 1
}
