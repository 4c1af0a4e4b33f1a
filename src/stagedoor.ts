import { checkOptions, type StagedoorOptions } from './config.ts'
import { type Connections, createConnections } from './connections/connections.ts'
import type { ConnectionEvents } from './connections/events/events.ts'
import type { ApiHealth } from './connections/health/health.ts'
import type { Monitor, MonitorOptions } from './connections/monitor/monitor.ts'
import { refreshSettings } from './connections/options.ts'
import { createReseal, type Reseal, type ResealEvents, type ResealOptions } from './connections/reseal/reseal.ts'
import { createHandler, type Handler, type HandlerOptions } from './http/handler.ts'
import { createEmitter } from './internal/emitter.ts'
import { forwardEvents } from './internal/forward-events.ts'
import { createBreaker } from './limits/breaker.ts'
import type { CircuitEvents } from './limits/limiter.ts'
import { createAppToken } from './oauth/app-token.ts'
import { createOAuth } from './oauth/oauth.ts'
import { spotifyProvider } from './oauth/providers/spotify.ts'
import { TokenEndpointError } from './oauth/token-endpoint.ts'
import type { SpotifyClient } from './spotify/client.ts'
import type { SpotifyEvents } from './spotify/events.ts'
import { createSpotify } from './spotify/spotify.ts'

/** Every event of a {@link Stagedoor}. */
export interface StagedoorEvents extends ConnectionEvents, SpotifyEvents {}

/** One of the sources that {@link Stagedoor.on} listens to; each ignores the names of the others. */
interface EventSource {
  on(event: keyof StagedoorEvents, listener: (payload: unknown) => void): () => void
}

/** The events of a reseal that applications receive as well. */
type ForwardedResealEvents = Pick<ResealEvents, keyof ResealEvents & keyof StagedoorEvents>

/** Everything an application needs to act on its users' Spotify accounts. */
export interface Stagedoor {
  readonly connections: Connections
  /** A Web API client for one owner. It is cheap: create one per request. */
  client(ownerId: string): SpotifyClient
  /**
   * A Web API client without a user, for catalogue calls of a confidential application. Without a client secret its
   * calls throw ConfigError `CONFIG_MISSING`.
   */
  app(): SpotifyClient
  /**
   * The endpoints `auth`, `callback`, `connection` and `health`, for any framework with web-standard requests.
   * @throws ConfigError `CONFIG_INVALID` or `CONFIG_REDIRECT_URI`
   */
  handler<C = undefined>(options: HandlerOptions<C>): Handler<C>
  /**
   * Refreshes tokens ahead of time, finds revoked grants and warns before grants end. Start it in one process or more.
   * @throws ConfigError `CONFIG_INVALID`
   */
  monitor(options?: MonitorOptions): Monitor
  /**
   * Moves the store's tokens to the vault's current key. Every run that ends emits `key.rotated`.
   * @throws ConfigError `CONFIG_INVALID`
   */
  reseal(options?: Pick<ResealOptions, 'pageSize' | 'concurrency'>): Reseal
  /** Adds a listener and returns the function that removes it. Errors that a listener throws are ignored. */
  on<E extends keyof StagedoorEvents>(event: E, listener: (payload: StagedoorEvents[E]) => void): () => void
  /** Stops monitors, rejects queued calls, waits for refreshes in progress, closes the store and drops the vault's keys. */
  close(): Promise<void>
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Composes sign-in, storage, refresh, the limiter, the Web API client and the HTTP endpoints. Sends no request and
 * starts no timer.
 *
 * @throws ConfigError with a code that tells which option is missing or invalid
 *
 * @example
 * ```ts
 * import { createStagedoor, createVault, localKms, optionsFromEnv } from 'stagedoor'
 * import { stagedoorExpress } from 'stagedoor/express'
 * import { sqliteStore } from 'stagedoor/stores/sqlite'
 *
 * const { vaultKey, ...options } = optionsFromEnv(process.env)
 * const vault = createVault({ kms: localKms({ keyId: 'main', key: vaultKey }) })
 * const stagedoor = createStagedoor({ ...options, store: sqliteStore('stagedoor.db'), vault })
 *
 * app.use(stagedoorExpress(stagedoor, { owner: (req) => req.session.userId }))
 * app.get('/me', async (req, res) => res.json(await stagedoor.client(req.session.userId).me.get()))
 * ```
 */
export function createStagedoor(options: StagedoorOptions): Stagedoor {
  checkOptions(options)
  const { clientId, clientSecret, redirectUri, scopes, endpoints, store, vault, now = Date.now } = options
  const emitter = createEmitter<CircuitEvents & ForwardedResealEvents>()
  const spotify = createSpotify({
    ...options.api,
    limiter: options.limiter,
    endpoints: { api: endpoints?.api },
    appMode: options.appMode,
    fetch: options.fetch,
    now,
  })
  const tokenCircuit = createBreaker({
    circuit: 'token',
    judge: judgeTokenRequest,
    now,
    emit: (event, payload) => emitter.emit(event, payload),
  })
  const connections = createConnections({
    ...{ provider: spotifyProvider, clientId, clientSecret, redirectUri, scopes, endpoints, store, vault },
    now: options.now,
    loginKeys: options.loginKeys,
    refresh: options.refresh,
    fetch: options.fetch,
    tokenCircuit: (call) => tokenCircuit.execute(call),
    apiHealth: () => apiHealth(spotify.health()),
    probe: async (ownerId, callOptions) => void (await client(ownerId).me.get(callOptions)),
  })
  const oauth = createOAuth({
    provider: spotifyProvider,
    clientId,
    clientSecret,
    redirectUri,
    endpoints,
    now,
    fetch: options.fetch,
  })
  const appToken = createAppToken({
    clientCredentials: oauth.clientCredentials,
    ...{ cipher: vault, clientId, provider: spotifyProvider.id, now },
    ...refreshSettings(options.refresh),
  })

  function client(ownerId: string): SpotifyClient {
    return spotify.as((callOptions) => connections.accessToken(ownerId, callOptions), {
      scopes: async () => (await connections.get(ownerId, { cached: true }))?.scopes,
    })
  }

  async function close(): Promise<void> {
    try {
      await connections.close()
      await spotify.close()
      await store.close?.()
    } finally {
      vault.close()
      emitter.clear()
    }
  }

  return {
    connections,
    client,
    app: () => spotify.as(appToken),
    handler: (handlerOptions) =>
      createHandler({ connections, redirectUri, scopes: scopes ?? spotifyProvider.defaultScopes }, handlerOptions),
    reseal(resealOptions = {}) {
      const lease = options.refresh?.lease
      const reseal = createReseal({
        ...resealOptions,
        provider: spotifyProvider,
        clientId,
        store,
        vault,
        lease,
        now: options.now,
      })
      forwardEvents<ForwardedResealEvents>(reseal, { 'key.rotated': true }, emitter)
      return reseal
    },
    monitor: (monitorOptions) => connections.monitor(monitorOptions),
    on: (event, listener) => {
      const sources: readonly EventSource[] = [connections, spotify, emitter]
      const stops = sources.map((source) => source.on(event, listener as (payload: unknown) => void))
      return () => {
        for (const stop of stops) stop()
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Whether a failed token request shows that the endpoint is down (`failure`), is up (`success`), or neither. */
function judgeTokenRequest(error: unknown): 'failure' | 'success' | 'nothing' {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'failure'
  if (!(error instanceof TokenEndpointError)) return 'nothing'
  if (error.kind !== 'transient' || error.status === 429) return 'success'
  return 'failure'
}

function apiHealth({
  status,
  until,
}: {
  readonly status: ApiHealth['status']
  readonly until?: number | undefined
}): ApiHealth {
  return { status, ...(until === undefined ? {} : { until: new Date(until) }) }
}
