import { invalidArgument, SpotifyApiError } from '../errors.ts'
import { createEmitter } from '../internal/emitter.ts'
import type { CallOptions } from '../internal/signal.ts'
import { settleWithin } from '../internal/timeout.ts'
import { withTokenCircuit } from '../oauth/token-circuit.ts'
import { createTokenEndpoint } from '../oauth/token-endpoint.ts'
import type { ConnectionStatus } from '../stores/store.ts'
import type { RefreshContext } from './context.ts'
import { removeRecord, revokeGrant } from './disconnect.ts'
import { type ConnectionEvents, createTransitionEmitter } from './events/events.ts'
import { createOperationTimer } from './events/operation-timer.ts'
import { countByHealth, type HealthCounts } from './health/count.ts'
import { type Health, healthOf, probeHealth } from './health/health.ts'
import { createMonitor, type Monitor, type MonitorOptions } from './monitor/monitor.ts'
import { type ConnectionsOptions, connectionsSettings } from './options.ts'
import { createLocalFailures } from './records/local-failures.ts'
import { readAgain } from './records/read-again.ts'
import { type Connection, checkOwnerId, toConnection } from './records/record.ts'
import { ConnectionRecords } from './records/records.ts'
import { createSchedule } from './records/schedule.ts'
import { createTokenSeal } from './records/token-seal.ts'
import { createAccessTokens } from './refresh/access-token.ts'
import { createRefresher } from './refresh/refresh.ts'
import { createAccounts } from './sign-in/account.ts'
import { type AdoptInput, adoptedGrant, installGrant } from './sign-in/grant.ts'
import { type BeginInput, type CompleteInput, createSignIn } from './sign-in/sign-in.ts'

export type { AdoptInput, BeginInput, CompleteInput }

/** The connections of one provider: sign-in, tokens, health. One connection per owner. */
export interface Connections {
  readonly provider: string
  /**
   * Begins a sign-in: send the browser to `url` with `setCookies`.
   * @throws TypeError `INVALID_ARGUMENT`
   */
  begin(input: BeginInput, options?: CallOptions): Promise<{ url: URL; setCookies: readonly string[] }>
  /**
   * Completes a sign-in from the provider's callback and stores the connection, replacing an earlier one.
   * @throws LoginError with `setCookies`
   * @throws ConfigError `CONFIG_CLIENT_REJECTED`
   * @throws StoreError · VaultError
   */
  complete(
    input: CompleteInput,
    options?: CallOptions,
  ): Promise<{ connection: Connection; returnTo?: string; setCookies: readonly string[] }>
  /**
   * Imports tokens that an application already has, without a request to the provider.
   * @throws TypeError `INVALID_ARGUMENT`
   * @throws StoreError · VaultError
   */
  adopt(input: AdoptInput, options?: CallOptions): Promise<Connection>
  /**
   * @param options.cached accepts a record from this process's cache, at most 5 seconds old
   * @throws StoreError
   */
  get(
    ownerId: string,
    options?: CallOptions & { readonly cached?: boolean | undefined },
  ): Promise<Connection | undefined>
  /**
   * Connections in the order of their owners' ids; `next` is the `after` of the following page.
   * @param query.limit 1 to 1,000. @default 100
   * @throws StoreError
   */
  list(
    query?: {
      readonly after?: string | undefined
      readonly limit?: number | undefined
      readonly status?: ConnectionStatus | undefined
    },
    options?: CallOptions,
  ): Promise<{ items: readonly Connection[]; next?: string }>
  /**
   * Counts connections by health. Reads every record, in pages; opens no token.
   * @throws StoreError
   */
  count(options?: CallOptions): Promise<HealthCounts>
  /**
   * A valid access token, refreshed if necessary: once, however many callers and processes request it.
   * @param options.rejected a token that the API refused: a different one is returned, refreshed unless that has
   *   already happened
   * @throws ConnectionError `CONNECTION_NOT_FOUND`, `CONNECTION_NEEDS_REAUTH`, or retryable:
   *   `CONNECTION_REFRESH_FAILED`, `CONNECTION_REFRESH_PENDING`, `CONNECTION_NOT_STORED`
   * @throws ConfigError `CONFIG_CLIENT_REJECTED`
   * @throws StoreError · VaultError
   */
  accessToken(ownerId: string, options?: CallOptions & { readonly rejected?: string | undefined }): Promise<string>
  /**
   * The health of the connection from its record; with `probe` after one real request.
   * @throws StoreError
   */
  health(ownerId: string, options?: CallOptions & { readonly probe?: boolean | undefined }): Promise<Health>
  /**
   * Deletes the connection. Another process may use its access token for up to 5 seconds more.
   * `manageUrl` is where the user can withdraw the consent itself.
   * @throws StoreError
   */
  disconnect(ownerId: string, options?: CallOptions): Promise<{ removed: boolean; manageUrl?: string }>
  /**
   * A monitor over all connections of the store.
   * @throws ConfigError `CONFIG_INVALID`
   */
  monitor(options?: MonitorOptions): Monitor
  /** Adds a listener and returns a function that removes it. Errors thrown by a listener are ignored. */
  on<E extends keyof ConnectionEvents>(event: E, listener: (payload: ConnectionEvents[E]) => void): () => void
  /** Stops monitors and waits for running refreshes, at most the length of a lease. The store stays open. */
  close(): Promise<void>
}

/**
 * The connections of one provider, client and store.
 *
 * @throws ConfigError `CONFIG_MISSING`, `CONFIG_INVALID`, `CONFIG_REDIRECT_URI`, `CONFIG_ENDPOINT`, `CONFIG_LOGIN_KEY`
 *   or `CONFIG_LEASE`
 *
 * @example
 * ```ts
 * import { createConnections, spotifyProvider } from 'stagedoor'
 *
 * const redirectUri = 'https://app.example/callback'
 * const loginKeys = [process.env.STAGEDOOR_LOGIN_KEYS ?? '']
 * const connections = createConnections({ provider: spotifyProvider, clientId, redirectUri, loginKeys, store, vault })
 * const token = await connections.accessToken(userId)
 * ```
 */
export function createConnections(options: ConnectionsOptions): Connections {
  const settings = connectionsSettings(options)
  const { provider, store, margin, now } = settings
  const emitter = createEmitter<ConnectionEvents>()
  const [stopping, closing] = [new AbortController(), new AbortController()]
  const work = new Set<Promise<unknown>>()
  const monitors = new Set<Monitor>()
  const records = new ConnectionRecords(store, provider.id, settings)
  const schedule = createSchedule(settings)
  const context: RefreshContext = {
    settings,
    records,
    schedule,
    localFailures: createLocalFailures(now),
    seal: createTokenSeal(settings),
    emit: createTransitionEmitter(emitter, settings),
    timer: createOperationTimer(emitter, provider.id, now),
    tokenEndpoint: withTokenCircuit(createTokenEndpoint(settings), options.tokenCircuit),
    stopping: stopping.signal,
    closing: closing.signal,
    background(promise) {
      work.add(promise)
      const done = (): void => void work.delete(promise)
      promise.then(done, done)
    },
    revoke(record) {
      context.background(revokeGrant(context, record))
    },
  }
  const accounts = createAccounts(context)
  const refresher = createRefresher(context)

  const accessToken = createAccessTokens(context, refresher, accounts)
  const signIn = createSignIn(context, accounts)

  async function readHealth(ownerId: string, signal: AbortSignal | undefined): Promise<Health> {
    const record = await records.read(ownerId, { signal })
    const api = options.apiHealth?.() ?? { status: 'ok' }
    const localFailures = context.localFailures.last(ownerId)
    return healthOf(record, { now: now(), margin, warnBefore: schedule.warnBefore, api, localFailures })
  }

  async function probe(ownerId: string, callOptions: CallOptions): Promise<void> {
    if (options.probe !== undefined) return await options.probe(ownerId, callOptions)
    const response = await accounts.lookUp(await accessToken(ownerId, callOptions), callOptions.signal)
    if (response.outcome === 'found') return
    const refused = response.outcome === 'refused'
    throw new SpotifyApiError(
      refused ? 'API_USER_NOT_ALLOWED' : 'API_UNREACHABLE',
      'The account could not be looked up.',
    )
  }

  /** Makes `close` wait for the promise. */
  function tracked<T>(promise: Promise<T>): Promise<T> {
    context.background(promise)
    return promise
  }

  return {
    provider: provider.id,
    begin: (input, callOptions) => signIn.begin(input, callOptions),
    complete: (input, callOptions) => tracked(context.timer.signIn(() => signIn.complete(input, callOptions))),
    async adopt(input, callOptions) {
      const grant = adoptedGrant(input, provider, now())
      callOptions?.signal?.throwIfAborted()
      const ready = context.seal.ready(grant.ownerId)
      return toConnection(await tracked(ready.then(() => installGrant(context, grant))))
    },
    async get(ownerId, callOptions) {
      checkOwnerId(ownerId)
      const record = await (callOptions?.cached
        ? records.get(ownerId, callOptions)
        : records.read(ownerId, callOptions))
      return record === undefined ? undefined : toConnection(record)
    },
    async list(query = {}, callOptions) {
      const { after, limit = 100, status } = query
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > 1000) throw invalidArgument('limit is 1 to 1,000.')
      const read = () => store.list({ provider: provider.id, after, limit, status }, callOptions)
      const found = await readAgain(read, callOptions?.signal)
      const last = found.length < limit ? undefined : found.at(-1)
      const items = found.map((record) => toConnection(record))
      return { items, ...(last === undefined ? {} : { next: last.ownerId }) }
    },
    count: (callOptions) => countByHealth(settings, { warnBefore: schedule.warnBefore, signal: callOptions?.signal }),
    accessToken,
    async health(ownerId, { signal, probe: wanted } = {}) {
      checkOwnerId(ownerId)
      const health = await readHealth(ownerId, signal)
      if (wanted !== true || health.status === 'disconnected') return health
      return await probeHealth(
        (callOptions) => probe(ownerId, callOptions),
        () => readHealth(ownerId, signal),
        { signal },
      )
    },
    async disconnect(ownerId, callOptions) {
      checkOwnerId(ownerId)
      const removed = await removeRecord(context, ownerId, callOptions)
      if (removed?.record !== undefined) await revokeGrant(context, removed.record)
      const { manageUrl } = provider
      return { removed: removed !== undefined, ...(manageUrl === undefined ? {} : { manageUrl }) }
    },
    monitor(monitorOptions) {
      const monitor = createMonitor(context, { refresher, accounts }, monitorOptions)
      monitors.add(monitor)
      return monitor
    },
    on: emitter.on,
    async close() {
      stopping.abort()
      await Promise.all([...monitors].map((monitor) => monitor.stop()))
      await settleWithin(Promise.allSettled([refresher.settled(), ...work]), settings.lease)
      closing.abort()
      emitter.clear()
    },
  }
}
