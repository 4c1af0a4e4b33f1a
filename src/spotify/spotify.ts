import { ConfigError } from '../errors.ts'
import { createEmitter } from '../internal/emitter.ts'
import { forwardEvents } from '../internal/forward-events.ts'
import { isLoopback } from '../internal/loopback.ts'
import { adaptiveLimiter } from '../limits/adaptive/adaptive-limiter.ts'
import type { LimiterEvents } from '../limits/limiter.ts'
import { type ClientContext, createCalls } from './calls.ts'
import { groups, type SpotifyClient } from './client.ts'
import type { SpotifyEvents } from './events.ts'
import type { Scope } from './operations/operation.ts'
import type { OperationInput } from './operations/operations.ts'
import type { AccessTokenSource, ScopeSource, SpotifyOptions } from './options.ts'
import { createPipeline } from './pipeline.ts'
import { callOf, validate } from './request.ts'
import { createResponseReader, parse } from './response.ts'
import { type OperationName, scopesFor } from './scopes.ts'

/** Whether the Web API accepts this application's calls at present. `until` is epoch milliseconds. */
export interface SpotifyHealth {
  readonly status: 'ok' | 'rate_limited' | 'quota_exceeded' | 'circuit_open'
  readonly until?: number
}

/** The Web API for one application: owns the limiter, the cooldowns and the circuit breaker that all its users share. */
export interface Spotify {
  /**
   * The client of one user, or of the application itself.
   * @param token returns the access token, each time it is needed
   * @param options.scopes the connection's scopes, if known: a call for which one is missing then fails before it is sent
   */
  as(token: AccessTokenSource, options?: { readonly scopes?: ScopeSource }): SpotifyClient
  /** Adds a listener and returns the function that removes it. */
  on<E extends keyof SpotifyEvents>(event: E, listener: (payload: SpotifyEvents[E]) => void): () => void
  /** Whether calls are sent at present, or until when they are not. */
  health(): SpotifyHealth
  /** The scopes to request: see {@link scopesFor}. */
  scopesFor(...operations: readonly OperationName[]): Scope[]
  /** Rejects waiting calls with `API_CLOSED`; requests under way are completed. */
  close(): Promise<void>
}

const limiterEvents = {
  'limiter.paused': true,
  'limiter.resumed': true,
  'limiter.ceiling_changed': true,
  'limiter.degraded': true,
} as const

/**
 * Creates the Web API client of an application. One per client id and process: it learns the limit for all users.
 * @throws ConfigError `CONFIG_INVALID`, `CONFIG_ENDPOINT`
 *
 * @example
 * ```ts
 * import { createSpotify } from 'stagedoor/spotify'
 *
 * const spotify = createSpotify()
 * const client = spotify.as(async () => process.env.ACCESS_TOKEN ?? '')
 * for await (const { track } of client.library.tracks()) console.log(track.name)
 * ```
 */
export function createSpotify(options: SpotifyOptions = {}): Spotify {
  const {
    appMode: mode = 'development',
    now = () => Date.now(),
    timeout = 10_000,
    retries = 2,
    maxWait = 30_000,
    invalidItems = 'skipNull',
  } = options
  check(options, mode)
  const base = baseOf(options.endpoints?.api ?? 'https://api.spotify.com/v1')
  const emitter = createEmitter<SpotifyEvents>()
  const limiter = options.limiter ?? adaptiveLimiter({ now })
  const stopForwarding = forwardEvents<LimiterEvents>(limiter, limiterEvents, emitter)
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const pipeline = createPipeline({
    limiter,
    fetch,
    now,
    mode,
    timeout,
    retries,
    maxWait,
    deadline: options.deadline,
    emitter,
  })
  const context: ClientContext = {
    base,
    mode,
    pipeline,
    responses: createResponseReader(invalidItems === 'drop', emitter),
    pageSizes: new Map(),
    keepNull: invalidItems === 'keep',
    hasRoom: () => {
      const { queued, inWindow, cap, cooldowns } = limiter.state()
      return queued === 0 && inWindow < cap && cooldowns.length === 0
    },
  }

  return {
    as(token, { scopes } = {}) {
      const calls = createCalls(context, token, scopes)
      return {
        ...groups(calls),
        operation: (id, ...[input, requestOptions]) =>
          calls.send(id, (input ?? {}) as OperationInput<typeof id>, requestOptions),
        request: async (input, requestOptions = {}) => {
          const call = callOf(base, input, token)
          const response = await pipeline.send(call, requestOptions)
          const { request } = call.outgoing
          return validate(input.schema, response.text === '' ? undefined : parse(response, request), request)
        },
      }
    },
    on: emitter.on,
    health() {
      const circuit = pipeline.circuit()
      if (circuit.status !== 'closed') return { status: 'circuit_open', until: circuit.retryAt }
      const { cooldowns } = limiter.state()
      const rate = cooldowns.find(({ reason }) => reason === 'rate')
      if (rate !== undefined) return { status: 'rate_limited', until: rate.until }
      const quota = cooldowns.find(({ reason }) => reason === 'quota')
      return quota === undefined ? { status: 'ok' } : { status: 'quota_exceeded', until: quota.until }
    },
    scopesFor,
    async close() {
      pipeline.close()
      if (options.limiter === undefined) await limiter.close()
      stopForwarding()
      emitter.clear()
    },
  }
}

function check(options: SpotifyOptions, mode: string): void {
  if (mode !== 'development' && mode !== 'extended') {
    throw new ConfigError('CONFIG_INVALID', "appMode must be 'development' or 'extended'.")
  }
  if (!['skipNull', 'keep', 'drop', undefined].includes(options.invalidItems)) {
    throw new ConfigError('CONFIG_INVALID', "invalidItems must be 'skipNull', 'keep' or 'drop'.")
  }
  for (const name of ['timeout', 'deadline'] as const) {
    const value = options[name]
    if (value !== undefined && !(value > 0)) throw new ConfigError('CONFIG_INVALID', `${name} must be positive.`)
  }
  for (const name of ['retries', 'maxWait'] as const) {
    const value = options[name]
    if (value !== undefined && !(value >= 0)) throw new ConfigError('CONFIG_INVALID', `${name} must not be negative.`)
  }
}

function baseOf(api: string): string {
  const url = URL.canParse(api) ? new URL(api) : undefined
  const loopback = url !== undefined && isLoopback(url.hostname, { localhost: true })
  if (
    url === undefined ||
    url.username !== '' ||
    !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))
  ) {
    throw new ConfigError('CONFIG_ENDPOINT', 'endpoints.api must be an https URL, or http on a loopback address.')
  }
  return url.href.replace(/[?#].*$/, '').replace(/\/$/, '')
}
