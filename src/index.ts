/**
 * Connect, keep and use your users' Spotify accounts from a server.
 *
 * @example
 * ```ts
 * import { createStagedoor, createVault, localKms, memoryStore, optionsFromEnv } from 'stagedoor'
 *
 * const { vaultKey, ...options } = optionsFromEnv(process.env)
 * const vault = createVault({ kms: localKms({ keyId: 'main', key: vaultKey }) })
 * const stagedoor = createStagedoor({ ...options, store: memoryStore(), vault })
 * const profile = await stagedoor.client(userId).me.get()
 * ```
 *
 * @module
 */

export {
  type EnvOptions,
  optionsFromEnv,
  type StagedoorOptions,
} from './config.ts'
export {
  type AdoptInput,
  type BeginInput,
  type CompleteInput,
  type Connections,
  createConnections,
} from './connections/connections.ts'
export type { ConnectionEvents } from './connections/events/events.ts'
export type { HealthCounts } from './connections/health/count.ts'
export type { ApiHealth, Health, HealthStatus, LastError } from './connections/health/health.ts'
export type { Monitor, MonitorOptions, Sweep } from './connections/monitor/monitor.ts'
export type { ConnectionsOptions, RefreshOptions } from './connections/options.ts'
export type { Connection } from './connections/records/record.ts'
export {
  createReseal,
  type Reseal,
  type ResealEvents,
  type ResealOptions,
  type ResealProgress,
  type ResealRun,
} from './connections/reseal/reseal.ts'
export {
  type AnyStagedoorError,
  ConfigError,
  type ConfigErrorCode,
  ConnectionError,
  type ConnectionErrorCode,
  type ErrorCode,
  type ErrorDetails,
  isStagedoorError,
  LoginError,
  type LoginErrorCode,
  SpotifyApiError,
  type SpotifyApiErrorCode,
  type SpotifyApiErrorDetails,
  StagedoorError,
  StoreError,
  type StoreErrorCode,
  VaultError,
  type VaultErrorCode,
} from './errors.ts'
export type { Handler, HandlerOptions } from './http/handler.ts'
export type { EncryptedToken } from './internal/encrypted-token.ts'
export { Secret } from './internal/secret.ts'
export type { CallOptions } from './internal/signal.ts'
export { type AdaptiveLimiterOptions, adaptiveLimiter } from './limits/adaptive/adaptive-limiter.ts'
export type {
  CircuitEvents,
  Cooldown,
  Limiter,
  LimiterEvents,
  LimiterState,
  ScheduleOptions,
  Slot,
} from './limits/limiter.ts'
export { type AuthorizeInput, createOAuth, type OAuth } from './oauth/oauth.ts'
export {
  type Account,
  type AccountRequest,
  type AccountResponse,
  defineProvider,
  type Provider,
  type ProviderEndpoints,
} from './oauth/provider.ts'
export { spotifyProvider } from './oauth/providers/spotify.ts'
export { defaultScopes, type Scope, scopes } from './oauth/providers/spotify-scopes.ts'
export type { OAuthOptions } from './oauth/settings.ts'
export type { TokenSet } from './oauth/token-set.ts'
export type { LoginTransaction } from './oauth/transaction.ts'
export type { SpotifyClient } from './spotify/client.ts'
export type { SpotifyEvents } from './spotify/events.ts'
export type { AccessTokenSource, ApiOptions, RequestOptions, ScopeSource, SpotifyOptions } from './spotify/options.ts'
export type { Paginated } from './spotify/paginate.ts'
export { createSpotify, type Spotify, type SpotifyHealth } from './spotify/spotify.ts'
export { createStagedoor, type Stagedoor, type StagedoorEvents } from './stagedoor.ts'
export { memoryStore } from './stores/memory.ts'
export type { StateEntry, StateStore } from './stores/state-store.ts'
export type {
  ConnectionFilter,
  ConnectionId,
  ConnectionStatus,
  CountQuery,
  DueQuery,
  Lease,
  ListCursor,
  ListQuery,
  PendingEvent,
  RemovedConnection,
  ReserveQuery,
  StoredConnection,
  StoredRecord,
  TokenStore,
} from './stores/store.ts'
export { type LocalKmsOptions, localKms } from './vault/kms/local.ts'
export type { Kms } from './vault/kms.ts'
export { type Binding, createVault, type Vault, type VaultOptions, type WrappedKey } from './vault/vault.ts'
