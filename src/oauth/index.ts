/**
 * OAuth 2.0 with PKCE for one client, without storage.
 *
 * @example
 * ```ts
 * import { createOAuth, spotifyProvider } from 'stagedoor/oauth'
 *
 * const oauth = createOAuth({ provider: spotifyProvider, clientId, redirectUri: 'https://app.example/callback' })
 * const { url, transaction } = await oauth.authorize()
 * ```
 *
 * @module
 */

export {
  type AnyStagedoorError,
  ConfigError,
  type ConfigErrorCode,
  isStagedoorError,
  LoginError,
  type LoginErrorCode,
  StagedoorError,
} from '../errors.ts'
export { Secret } from '../internal/secret.ts'
export type { CallOptions } from '../internal/signal.ts'
export { type AuthorizeInput, createOAuth, type OAuth } from './oauth.ts'
export {
  type Account,
  type AccountRequest,
  type AccountResponse,
  defineProvider,
  type Provider,
  type ProviderEndpoints,
} from './provider.ts'
export { spotifyProvider } from './providers/spotify.ts'
export { defaultScopes, type Scope, scopes } from './providers/spotify-scopes.ts'
export type { OAuthOptions } from './settings.ts'
export type { TokenSet } from './token-set.ts'
export type { LoginTransaction } from './transaction.ts'
