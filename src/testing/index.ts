/**
 * A fake Spotify for tests, and the contracts of stores, key services and limiters.
 *
 * @example
 * ```ts
 * import { createFakeSpotify } from 'stagedoor/testing'
 *
 * const fake = createFakeSpotify()
 * fake.fail({ path: '/me', status: 502 })
 * const { accessToken } = fake.issue({ user: 'ada' })
 * const response = await fake.fetch('https://api.spotify.com/v1/me', {
 *   headers: { authorization: `Bearer ${accessToken}` },
 * })
 * ```
 *
 * @module
 */

export type { Catalogue, CatalogueKind, CatalogueOptions } from './catalogue/catalogue.ts'
export type { ClockOption, FakeClock } from './clock.ts'
export { type KmsContractCase, type KmsContractSubject, type KmsFailure, kmsContract } from './contracts/kms.ts'
export { type LimiterContractCase, type LimiterContractSubject, limiterContract } from './contracts/limiter.ts'
export { type StoreContractCase, type StoreContractSubject, storeContract } from './contracts/store.ts'
export {
  type ApproveOptions,
  createFakeSpotify,
  type FakeSpotify,
  type IssuedTokens,
  type IssueOptions,
  type Listed,
  type RevokeOptions,
  type UriKind,
} from './fake-spotify.ts'
export type { Fault, FaultRule } from './faults.ts'
export type { FakeGrant, FakeToken, GrantFilter, LedgerSnapshot, TokenFilter } from './grants.ts'
export type { LimitOptions, QuotaGroup } from './limits.ts'
export type { FakeAppMode, FakeClientOptions, FakeSpotifyOptions, Rotation } from './options.ts'
export type { FakeDevice, Player } from './player.ts'
export type { FakePlaylist } from './playlist.ts'
export type { FakeRequest, RequestFilter, RequestLog } from './request-log.ts'
export type { FakeState } from './state.ts'
export type { FakeUser, FakeUserOptions, LibraryOptions } from './user.ts'
