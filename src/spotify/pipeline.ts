import pRetry from 'p-retry'
import { isStagedoorError, SpotifyApiError } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import { abortable, deadline, sleep } from '../internal/signal.ts'
import { type BreakerState, createBreaker } from '../limits/breaker.ts'
import type { Limiter, Slot } from '../limits/limiter.ts'
import { apiError } from './api-errors.ts'
import type { SpotifyEvents } from './events.ts'
import type { Trace } from './observed.ts'
import type { AppMode, OperationData } from './operation.ts'
import type { AccessTokenSource, RequestOptions } from './options.ts'
import { type Incoming, type Outgoing, transmit } from './transport.ts'

export interface PipelineOptions {
  readonly limiter: Limiter
  readonly fetch: typeof globalThis.fetch
  readonly now: () => number
  readonly mode: AppMode
  readonly timeout: number
  readonly retries: number
  readonly maxWait: number
  readonly deadline: number | undefined
  readonly emitter: Emitter<SpotifyEvents>
}

/** One call: what to send, as whom, and how it may be repeated. */
export interface Work {
  readonly outgoing: Outgoing
  readonly operation: OperationData | undefined
  /** The group of operations that a quota is counted for. */
  readonly scope: string
  readonly idempotent: boolean
  readonly token: AccessTokenSource
  readonly scopes: readonly string[] | undefined
  readonly trace?: Trace | undefined
}

export interface Pipeline {
  /** Sends a call through retry, limiter, breaker and transport. Resolves with an answer of 2xx. */
  send(work: Work, options: RequestOptions): Promise<Incoming>
  circuit(): BreakerState
}

/** How far one call has come. */
interface Progress {
  /** Milliseconds spent in the queue, in pauses and on the token. */
  waited: number
  /** Whether the last attempt reached the transport. */
  sent: boolean
  replayed: boolean
  failures: number
  throttles: number
}

const mostThrottles = 5
const down: ReadonlySet<string> = new Set(['API_SERVER_ERROR', 'API_UNREACHABLE', 'API_TIMEOUT'])
const throttled: ReadonlySet<string> = new Set(['API_RATE_LIMITED', 'API_QUOTA_EXCEEDED'])

/** Creates what every call runs through: `retry( limiter( gate( breaker( attempt ) ) ) )`. */
export function createPipeline(pipeline: PipelineOptions): Pipeline {
  const { limiter, fetch, now, mode, emitter } = pipeline
  const breaker = createBreaker({
    circuit: 'api',
    judge: (error) => {
      if (!isStagedoorError(error)) return 'nothing'
      if (down.has(error.code)) return 'failure'
      return (error as SpotifyApiError).status === undefined ? 'nothing' : 'success'
    },
    now,
    emit: emitter.emit,
  })

  function accept(incoming: Incoming, slot: Slot, work: Work): Incoming {
    const { status } = incoming
    if (status >= 200 && status < 300) return incoming
    const { operation, scopes, outgoing } = work
    const error = apiError(incoming, { request: outgoing.request, operation, mode, scopes, now: now() })
    if (status === 429) {
      if (work.trace !== undefined) work.trace.throttles += 1
      const reason = error.code === 'API_QUOTA_EXCEEDED' ? 'quota' : 'rate'
      const until = slot.throttled({ retryAt: error.retryAt, scope: work.scope, reason })
      if (error.retryAt === undefined) Object.defineProperty(error, 'retryAt', { value: until, enumerable: true })
    }
    throw error
  }

  function once(work: Work, options: RequestOptions, progress: Progress, token: string): Promise<Incoming> {
    const { timeout = pipeline.timeout, maxWait = pipeline.maxWait, signal } = options
    const queued = now()
    progress.sent = false
    return limiter.schedule(
      (slot) => {
        const waited = Math.max(0, now() - queued)
        progress.waited += waited
        if (work.trace !== undefined) work.trace.queued += waited
        return breaker.execute(() => {
          progress.sent = true
          if (work.trace !== undefined) work.trace.attempts += 1
          return transmit(fetch, work.outgoing, token, timeout, signal, (incoming) => accept(incoming, slot, work))
        })
      },
      { signal, scope: work.scope, maxWait: Math.max(0, maxWait - progress.waited) },
    )
  }

  async function tokenOf(work: Work, options: RequestOptions, progress: Progress, rejected?: string): Promise<string> {
    const { signal } = options
    const asked = now()
    const given = work.token(signal === undefined && rejected === undefined ? undefined : { signal, rejected })
    let token: string | undefined
    given.then(
      (value) => {
        token = value
      },
      () => {},
    )
    // A token that is at hand is there after one turn, and then needs neither a timer nor a listener.
    await undefined
    token ??= await inTime(given, work, signal, (options.maxWait ?? pipeline.maxWait) - progress.waited)
    progress.waited += Math.max(0, now() - asked)
    return token
  }

  /** A source of tokens that never answers must not hang the call. */
  async function inTime(
    given: Promise<string>,
    work: Work,
    signal: AbortSignal | undefined,
    ms: number,
  ): Promise<string> {
    const { request } = work.outgoing
    const late = (): SpotifyApiError => new SpotifyApiError('API_TIMEOUT', 'No access token came in time.', { request })
    const end = deadline(Math.max(1, Math.min(ms, 2 ** 31 - 1)), signal, late)
    try {
      return await abortable(given, end.signal)
    } finally {
      end.done()
    }
  }

  async function attempt(work: Work, options: RequestOptions, progress: Progress): Promise<Incoming> {
    const token = await tokenOf(work, options, progress)
    try {
      return await once(work, options, progress, token)
    } catch (error) {
      if (progress.replayed || !isStagedoorError(error) || error.code !== 'API_UNAUTHORIZED') throw error
      progress.replayed = true
      const fresh = await tokenOf(work, options, progress, token)
      if (fresh === token) throw error
      tell(work, error, progress, 0)
      return once(work, options, progress, fresh)
    }
  }

  function tell(work: Work, error: SpotifyApiError, progress: Progress, delay: number): void {
    emitter.emit('request.retried', {
      request: work.outgoing.request,
      code: error.code,
      status: error.status,
      attempt: progress.failures + progress.throttles,
      delay,
    })
  }

  /** Whether the call may be repeated after `error`, and after how long a pause of its own. */
  function repeatable(
    work: Work,
    options: RequestOptions,
    progress: Progress,
    error: unknown,
  ): error is SpotifyApiError {
    const { maxWait = pipeline.maxWait } = options
    if (!progress.sent || !isStagedoorError(error)) return false
    const { code, retryAt } = error as SpotifyApiError
    const pause = retryAt === undefined ? 0 : retryAt - now()
    if (progress.waited + pause > maxWait) return false
    // Spotify did not process what it refused for its rate, so that even a write can be sent again.
    if (throttled.has(code)) return progress.throttles <= mostThrottles && (options.retries ?? pipeline.retries) > 0
    if (!down.has(code)) return false
    if (code === 'API_TIMEOUT' && work.operation?.playback === true) return false
    const retries = work.idempotent ? (options.retries ?? pipeline.retries) : (options.retries ?? 0)
    return progress.failures <= retries
  }

  async function repeat(work: Work, options: RequestOptions, progress: Progress, first: unknown): Promise<Incoming> {
    let failed: { readonly error: unknown } | undefined = { error: first }
    const count = (error: unknown): void => {
      if (isStagedoorError(error) && throttled.has(error.code)) progress.throttles++
      else progress.failures++
    }
    count(first)
    if (!repeatable(work, options, progress, first)) throw first
    return pRetry(
      async () => {
        if (failed !== undefined) {
          const { error } = failed
          failed = undefined
          throw error
        }
        try {
          return await attempt(work, options, progress)
        } catch (error) {
          count(error)
          throw error
        }
      },
      {
        retries: mostThrottles + Math.max(options.retries ?? pipeline.retries, 0),
        minTimeout: 250,
        maxTimeout: 5000,
        randomize: true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        shouldConsumeRetry: ({ error }) => !isImmediate(error, progress),
        shouldRetry: async ({ error, retryDelay }) => {
          if (!repeatable(work, options, progress, error)) return false
          tell(work, error, progress, retryDelay)
          const pause =
            throttled.has(error.code) || error.retryAt === undefined ? 0 : Math.max(0, error.retryAt - now())
          progress.waited += pause + retryDelay
          if (pause > 0) await sleep(pause, options.signal)
          return true
        },
      },
    )
  }

  return {
    circuit: () => breaker.state(),
    async send(work, given) {
      const progress: Progress = { waited: 0, sent: false, replayed: false, failures: 0, throttles: 0 }
      const { request } = work.outgoing
      const limit = given.deadline ?? pipeline.deadline
      const end =
        limit === undefined
          ? undefined
          : deadline(
              limit,
              given.signal,
              () => new SpotifyApiError('API_TIMEOUT', 'The call took longer than its deadline.', { request }),
            )
      const options = end === undefined ? given : { ...given, signal: end.signal }
      try {
        return await attempt(work, options, progress)
      } catch (error) {
        try {
          return await repeat(work, options, progress, error)
        } catch (last) {
          throw withRequest(last, request)
        }
      } finally {
        end?.done()
      }
    },
  }
}

/** A refusal for the rate waits in the limiter; the first 502 is a passing one about as often as not. */
function isImmediate(error: unknown, progress: Progress): boolean {
  if (!isStagedoorError(error)) return false
  if (throttled.has(error.code)) return true
  const { status, retryAt } = error as SpotifyApiError
  return status === 502 && retryAt === undefined && progress.failures === 1
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
