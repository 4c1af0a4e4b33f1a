import type { CatalogueOptions } from './catalogue/catalogue.ts'
import type { ClockOption } from './clock.ts'
import type { LedgerSnapshot } from './grants.ts'
import type { LimitOptions } from './limits.ts'
import type { FakeUserOptions } from './user.ts'

/**
 * Which of Spotify's rule sets applies to an application. New applications are `development` or `extended`; the dated
 * modes are older registrations that kept endpoints which new ones do not get.
 */
export type FakeAppMode = 'development' | 'development-2025' | 'extended' | 'extended-2024'

/** A registered application. */
export interface FakeClientOptions {
  readonly clientId: string
  /** Absent: the secret is not checked. */
  readonly clientSecret?: string | undefined
  /**
   * The registered redirect URIs, compared exactly; a loopback address registered without a port matches any port.
   *
   * @default any URI that Spotify accepts
   */
  readonly redirectUris?: readonly string[] | undefined
  /** @default the fake's `appMode` */
  readonly appMode?: FakeAppMode | undefined
}

/**
 * Whether a refresh issues a new refresh token and revokes the old one: `never` (observed since mid-2026), `always`,
 * or only for tokens of a PKCE sign-in (`pkce`, observed before).
 */
export type Rotation = 'never' | 'always' | 'pkce'

/** Options of {@link createFakeSpotify}. */
export interface FakeSpotifyOptions {
  /** Equal seeds produce equal data: names, ids, libraries, tokens. @default 1 */
  readonly seed?: number | undefined
  /** @default 'real' */
  readonly clock?: ClockOption | undefined
  /** The accounts that can sign in; `approve` uses the first by default. */
  readonly users?: readonly FakeUserOptions[] | undefined
  /** Absent: any client id is a registered application. */
  readonly clients?: readonly FakeClientOptions[] | undefined
  /** @default 'development' */
  readonly appMode?: FakeAppMode | undefined
  readonly catalogue?: CatalogueOptions | undefined
  /** @default 'never' */
  readonly rotation?: Rotation | undefined
  /** Seconds, as in `expires_in`. @default 3600 */
  readonly accessTokenLifetime?: number | undefined
  /** Months from the user's authorization; refreshing does not extend them. @default 6 */
  readonly refreshTokenMonths?: number | undefined
  /** Absent: no call is refused. */
  readonly limits?: LimitOptions | undefined
  /** Milliseconds for which reads of a playlist still show its old `snapshot_id` after a write. @default 0 */
  readonly snapshotLag?: number | undefined
  /** Grants and tokens of an earlier fake with the same seed, from `fake.snapshot()`: its tokens stay valid. */
  readonly restore?: LedgerSnapshot | undefined
  /** How many requests `fake.requests` keeps. @default 10000 */
  readonly keepRequests?: number | undefined
}

/** Whether the February 2026 removals, the November 2024 removals and the smaller objects apply. */
export interface ModeRules {
  readonly february2026: boolean
  readonly november2024: boolean
  readonly allowlist: boolean
}

export function rulesOf(mode: FakeAppMode): ModeRules {
  return {
    february2026: mode === 'development',
    november2024: mode !== 'extended-2024',
    allowlist: mode === 'development' || mode === 'development-2025',
  }
}
