import { isStagedoorError, SpotifyApiError } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import { withTimeout } from '../internal/timeout.ts'
import { type BreakerState, createBreaker } from '../limits/breaker.ts'
import type { Limiter, Slot } from '../limits/limiter.ts'
import { apiError } from './api-errors.ts'
import type { SpotifyEvents } from './events.ts'
import type { AppMode, OperationData } from './operations/operation.ts'
import type { AccessTokenSource, RequestOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { type ApiRequest, type ApiResponse, transmit } from './transport.ts'

export interface AttemptOptions {
  readonly limiter: Limiter
  readonly fetch: typeof globalThis.fetch
  readonly now: () => number
  readonly mode: AppMode
  readonly timeout: number
  readonly maxWait: number
  readonly emitter: Emitter<SpotifyEvents>
}

/** One call: the request, the token source, and whether it may be repeated. */
export interface ApiCall {
  readonly outgoing: ApiRequest
  readonly operation: OperationData | undefined
  /** The group of operations that a quota is counted for. */
  readonly scope: string
  readonly idempotent: boolean
  readonly token: AccessTokenSource
  readonly scopes: readonly string[] | undefined
}

/** The steps of one attempt. Each adds to the call's progress. */
export interface Attempts {
  /** Gets an access token, another one than `rejected`, within the call's `maxWait`. */
  getToken(call: ApiCall, options: RequestOptions, progress: Progress, rejected?: string): Promise<void>
  /** Sends the call once, through `limiter( gate( breaker( transport ) ) )`. Resolves with a response of 2xx. */
  send(call: ApiCall, options: RequestOptions, progress: Progress): Promise<ApiResponse>
  circuit(): BreakerState
}

const outageCodes: ReadonlySet<string> = new Set(['API_SERVER_ERROR', 'API_UNREACHABLE', 'API_TIMEOUT'])

export function createAttempts(attempts: AttemptOptions): Attempts {
  const { limiter, fetch, now, mode, emitter } = attempts
  const breaker = createBreaker({
    circuit: 'api',
    judge: (error) => {
      if (!isStagedoorError(error)) return 'nothing'
      if (outageCodes.has(error.code)) return 'failure'
      return (error as SpotifyApiError).status === undefined ? 'nothing' : 'success'
    },
    now,
    emit: emitter.emit,
  })

  /** The error for a response other than 2xx. */
  function errorOf(response: ApiResponse, slot: Slot, call: ApiCall, progress: Progress): SpotifyApiError {
    const { operation, scopes, outgoing, scope } = call
    const context = { request: outgoing.request, operation, mode, scopes, now: now() }
    return apiError(response, context, (info) => {
      progress.refusals++
      return slot.throttled({ ...info, scope })
    })
  }

  function send(call: ApiCall, options: RequestOptions, progress: Progress): Promise<ApiResponse> {
    const { timeout = attempts.timeout, maxWait = attempts.maxWait, signal } = options
    const queuedAt = now()
    progress.sent = false
    return limiter.schedule(
      (slot) => {
        const waited = Math.max(0, now() - queuedAt)
        progress.waited += waited
        progress.queued += waited
        return breaker.execute(() => {
          progress.sent = true
          progress.attempts++
          const accept = (response: ApiResponse): ApiResponse => {
            const { status } = response
            if (status < 200 || status >= 300) throw errorOf(response, slot, call, progress)
            return response
          }
          return transmit(fetch, call.outgoing, progress.token, timeout, signal, accept)
        })
      },
      { signal, scope: call.scope, maxWait: Math.max(0, maxWait - progress.waited) },
    )
  }

  async function getToken(
    call: ApiCall,
    options: RequestOptions,
    progress: Progress,
    rejected?: string,
  ): Promise<void> {
    const { signal } = options
    const requested = call.token(signal === undefined && rejected === undefined ? undefined : { signal, rejected })
    let token: string | undefined
    requested.then(
      (value) => {
        token = value
      },
      () => {},
    )
    // A token that is in memory resolves within one microtask and needs neither a timer nor a listener.
    await undefined
    progress.token = token ?? (await tokenInTime(requested, call, options, progress))
  }

  /** A source of tokens that never responds must not hang the call. */
  async function tokenInTime(
    requested: Promise<string>,
    call: ApiCall,
    options: RequestOptions,
    progress: Progress,
  ): Promise<string> {
    const startedAt = now()
    const remaining = (options.maxWait ?? attempts.maxWait) - progress.waited
    const timeoutError = (): SpotifyApiError => {
      const { request } = call.outgoing
      return new SpotifyApiError('API_TIMEOUT', 'The source of access tokens did not respond in time.', { request })
    }
    const token = await withTimeout(
      requested,
      Math.max(1, Math.min(remaining, 2 ** 31 - 1)),
      timeoutError,
      options.signal,
    )
    progress.waited += Math.max(0, now() - startedAt)
    return token
  }

  return { getToken, send, circuit: () => breaker.state() }
}
