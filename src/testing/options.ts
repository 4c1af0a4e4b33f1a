import type { CatalogueOptions } from './catalogue/catalogue.ts'
import type { ClockOption } from './clock.ts'
import type { LedgerSnapshot } from './grants.ts'
import type { LimitOptions } from './limits.ts'
import type { FakeUserOptions } from './user.ts'

/**
 * Which of Spotify's rule sets an application falls under. `development` and `extended` are what an application can
 * become today; the dated ones are older registrations that kept endpoints which new ones do not get.
 */
export type FakeAppMode = 'development' | 'development-2025' | 'extended' | 'extended-2024'

/** A registered application. */
export interface FakeClientOptions {
  readonly clientId: string
  /** Absent: the secret is not checked. */
  readonly clientSecret?: string | undefined
  /** Exact redirect URIs; a loopback address may be given without its port. Absent: any that Spotify would register. */
  readonly redirectUris?: readonly string[] | undefined
  /** @default the fake's `appMode` */
  readonly appMode?: FakeAppMode | undefined
}

/**
 * Whether a refresh hands out a new refresh token and revokes the old one: `never` (as seen since mid-2026), `always`,
 * or only for tokens of a PKCE sign-in (as before).
 */
export type Rotation = 'never' | 'always' | 'pkce'

/** Options of {@link createFakeSpotify}. */
export interface FakeSpotifyOptions {
  /** Equal seeds give equal worlds: names, ids, libraries, tokens. @default 1 */
  readonly seed?: number | undefined
  /** @default 'real' */
  readonly clock?: ClockOption | undefined
  /** The accounts that can sign in; the first is the one `approve` takes by default. */
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
  /** Absent: calls are counted but never refused. */
  readonly limits?: LimitOptions | undefined
  /** Milliseconds for which reads of a playlist still show its old `snapshot_id` after a write. @default 0 */
  readonly snapshotLag?: number | undefined
  /** Grants and tokens of an earlier fake of the same seed, from `fake.snapshot()`: what it gave out stays good. */
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
