import { isStagedoorError, SpotifyApiError } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import { deadline, inTime } from '../internal/signal.ts'
import { type BreakerState, createBreaker } from '../limits/breaker.ts'
import type { Limiter, Slot } from '../limits/limiter.ts'
import type { SpotifyEvents } from './events.ts'
import type { AppMode, OperationData } from './operations/operation.ts'
import type { AccessTokenSource, RequestOptions } from './options.ts'
import { type Progress, start } from './progress.ts'
import type { Step } from './retry.ts'
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
}

export interface Pipeline {
  /** Sends a call through retry, limiter, breaker and transport. Resolves with an answer of 2xx. */
  send(work: Work, options: RequestOptions): Promise<Incoming>
  circuit(): BreakerState
  /** From now on every call fails with `API_CLOSED`. */
  close(): void
}

const down: ReadonlySet<string> = new Set(['API_SERVER_ERROR', 'API_UNREACHABLE', 'API_TIMEOUT'])

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

  /** An answer other than 2xx. What names errors loads with the first. */
  async function refuse(incoming: Incoming, slot: Slot, work: Work, progress: Progress): Promise<never> {
    const { status } = incoming
    const { apiError } = await import('./api-errors.ts')
    const { operation, scopes, outgoing } = work
    const error = apiError(incoming, { request: outgoing.request, operation, mode, scopes, now: now() })
    if (status === 429) {
      progress.refusals++
      const reason = error.code === 'API_QUOTA_EXCEEDED' ? 'quota' : 'rate'
      const until = slot.throttled({ retryAt: error.retryAt, scope: work.scope, reason })
      if (error.retryAt === undefined) Object.defineProperty(error, 'retryAt', { value: until, enumerable: true })
    }
    throw error
  }

  function once(work: Work, options: RequestOptions, progress: Progress): Promise<Incoming> {
    const { timeout = pipeline.timeout, maxWait = pipeline.maxWait, signal } = options
    const from = now()
    progress.sent = false
    return limiter.schedule(
      (slot) => {
        const waited = Math.max(0, now() - from)
        progress.waited += waited
        progress.queued += waited
        return breaker.execute(() => {
          progress.sent = true
          progress.attempts++
          const accept = (incoming: Incoming): Incoming | Promise<never> => {
            const { status } = incoming
            return status >= 200 && status < 300 ? incoming : refuse(incoming, slot, work, progress)
          }
          return transmit(fetch, work.outgoing, progress.token, timeout, signal, accept)
        })
      },
      { signal, scope: work.scope, maxWait: Math.max(0, maxWait - progress.waited) },
    )
  }

  async function getToken(work: Work, options: RequestOptions, progress: Progress, rejected?: string): Promise<void> {
    const { signal } = options
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
    progress.token = token ?? (await tokenInTime(given, work, options, progress))
  }

  /** A source of tokens that never answers must not hang the call. */
  async function tokenInTime(
    given: Promise<string>,
    work: Work,
    options: RequestOptions,
    progress: Progress,
  ): Promise<string> {
    const asked = now()
    const left = (options.maxWait ?? pipeline.maxWait) - progress.waited
    const late = (): SpotifyApiError => {
      const { request } = work.outgoing
      return new SpotifyApiError('API_TIMEOUT', 'No access token came in time.', { request })
    }
    const token = await inTime(given, Math.max(1, Math.min(left, 2 ** 31 - 1)), options.signal, late)
    progress.waited += Math.max(0, now() - asked)
    return token
  }

  /** After the first refusal of its token, sends the call again with another one, if there is one. */
  async function replay(work: Work, options: RequestOptions, progress: Progress, error: unknown): Promise<Incoming> {
    if (progress.replayed || !isStagedoorError(error) || error.code !== 'API_UNAUTHORIZED') throw error
    progress.replayed = true
    const { token } = progress
    await getToken(work, options, progress, token)
    if (progress.token === token) throw error
    tell(work, error, progress, 0)
    return once(work, options, progress)
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

  function finish(work: Work, progress: Progress, status?: number, code?: string): void {
    if (!emitter.hears('request.finished')) return
    const { attempts, refusals: throttles, queued, startedAt } = progress
    const { request } = work.outgoing
    const duration = now() - startedAt
    emitter.emit('request.finished', { request, status, code, attempts, throttles, queued, startedAt, duration })
  }

  let repeating: Step<unknown> | undefined
  /** With the first failure: most calls need none of it. */
  async function loadRepeat(): Promise<Step<unknown>> {
    const { createRetry } = await import('./retry.ts')
    repeating ??= createRetry({
      now,
      retries: pipeline.retries,
      maxWait: pipeline.maxWait,
      replay,
      async again(work, options, progress) {
        await getToken(work, options, progress)
        return once(work, options, progress)
      },
      tell,
    })
    return repeating
  }

  /** What becomes of a call whose first attempt failed. */
  async function recover(work: Work, options: RequestOptions, progress: Progress, error: unknown): Promise<Incoming> {
    try {
      const repeat = repeating ?? (await loadRepeat())
      const incoming = await repeat(work, options, progress, error)
      finish(work, progress, incoming.status)
      return incoming
    } catch (last) {
      const { status, code = 'ABORTED' } = isStagedoorError(last) ? (last as SpotifyApiError) : {}
      finish(work, progress, status, code)
      throw withRequest(last, work.outgoing.request)
    }
  }

  /** Small, since what an `async` function holds is kept for as long as the call waits. */
  async function attempt(work: Work, options: RequestOptions, progress: Progress): Promise<Incoming> {
    try {
      await getToken(work, options, progress)
      const incoming = await once(work, options, progress)
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
    circuit: () => breaker.state(),
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
