import { decide, parseAuthorization } from './accounts/authorize.ts'
import { knownScopes } from './accounts/scopes.ts'
import { issueAccess, issueRefresh } from './accounts/token-endpoint.ts'
import type { CatalogueKind } from './catalogue/catalogue.ts'
import { createClock, type FakeClock } from './clock.ts'
import { answer, type World } from './exchange.ts'
import { type Fault, type FaultRule, Faults } from './faults.ts'
import { createFetch } from './fetch-door.ts'
import type { FakeGrant, FakeToken, GrantFilter, LedgerSnapshot, TokenFilter } from './grants.ts'
import type { Listing } from './listing.ts'
import type { FakeSpotifyOptions } from './options.ts'
import { RequestLog } from './request-log.ts'
import { FakeState } from './state.ts'
import type { FakeUser } from './user.ts'
import { operations } from './web-api/operations.ts'
import { WebApi } from './web-api/web-api.ts'

/** Who answers the consent page, and how. */
export interface ApproveOptions {
  /** Whose account. @default the first user */
  readonly user?: string | undefined
  /** The user says no. */
  readonly deny?: boolean | undefined
}

/** For whom tokens are issued. */
export interface IssueOptions {
  /** @default the first user */
  readonly user?: string | undefined
  /** @default 'test-client' */
  readonly clientId?: string | undefined
  /** @default every scope there is */
  readonly scopes?: readonly string[] | undefined
  /** @default 'pkce' */
  readonly flow?: 'pkce' | 'code' | undefined
}

/** What a catalogue URI can name. */
export type UriKind = Exclude<CatalogueKind, 'relinked'>

/** What is revoked. */
export interface RevokeOptions {
  /** @default every user */
  readonly user?: string | undefined
  /** @default every application */
  readonly clientId?: string | undefined
  /** Ends access tokens as well, at once. @default false */
  readonly accessTokens?: boolean | undefined
}

/** Tokens as the token endpoint would have given them, for tests that do not care about sign-in. */
export interface IssuedTokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly scopes: readonly string[]
}

/** A list to read, and to check: `fake.tokens.expect({ kind: 'refresh', revoked: true }, 1)`. */
export type Listed<T, F extends object> = readonly T[] & Pick<Listing<T, F>, 'matching' | 'expect'>

/** Spotify's accounts service and Web API in memory. */
export interface FakeSpotify {
  /** For options named `fetch`: answers for Spotify's hosts and for any loopback address, refuses all others. */
  readonly fetch: typeof globalThis.fetch
  /** Answers one request. @throws Error with `code` `ECONNRESET` when a fault cuts the connection. */
  handle(request: Request): Promise<Response>
  /**
   * Follows an authorization URL as a user would and gives the URL that the browser is sent back to.
   *
   * @throws Error with what Spotify's page would say, if the URL does not lead back.
   */
  approve(url: URL | string, options?: ApproveOptions): Promise<URL>
  /** Gives out tokens without a sign-in. @throws Error if there is no such user. */
  issue(options?: IssueOptions): IssuedTokens
  /** Ends what a user granted, as they can on their account page. Access tokens live on until they expire, unless named. */
  revoke(options?: RevokeOptions): void
  /** Makes requests go wrong. @throws TypeError for a rule with an unknown member or without an effect. */
  fail(rule: FaultRule): Fault
  /** The faults that are set. */
  readonly faults: readonly Fault[]
  /** The URI of something in the catalogue: `uri('track', 5)`. Indexes begin at 0. */
  uri(kind: UriKind, index: number): string
  /** The world itself: users, playlists, mode. Its members can be changed. */
  readonly state: FakeState
  readonly clock: FakeClock
  /** What was asked so far, and what came of it. */
  readonly requests: RequestLog
  /** Codes and tokens given out so far, oldest first. */
  readonly tokens: Listed<FakeToken, TokenFilter>
  /** What users agreed to so far, oldest first. */
  readonly grants: Listed<FakeGrant, GrantFilter>
  /** Grants and tokens so far, without their values, for the `restore` option of a later fake with the same seed. */
  snapshot(): LedgerSnapshot
  /** Back to the beginning: libraries, tokens, faults, requests, clock. */
  reset(): void
}

/**
 * Creates a Spotify of your own. It shares nothing with any other and needs no network.
 *
 * @example
 * ```ts
 * import { createSpotify } from 'stagedoor'
 * import { createFakeSpotify } from 'stagedoor/testing'
 *
 * const fake = createFakeSpotify({ users: [{ id: 'ann', library: { tracks: 120 } }] })
 * const { accessToken } = fake.issue({ user: 'ann' })
 * const client = createSpotify({ fetch: fake.fetch }).as(async () => accessToken)
 * const tracks = await client.library.tracks().toArray({ max: 60 })
 * ```
 */
export function createFakeSpotify(options: FakeSpotifyOptions = {}): FakeSpotify {
  const clock = createClock(options.clock)
  const requests = new RequestLog(options.keepRequests)
  const faults = new Faults(options.seed ?? 1)
  const begin = (issued = 0): FakeState => {
    const fresh = new FakeState(options, clock, issued)
    if (options.restore !== undefined) fresh.ledger.restore(options.restore)
    return fresh
  }
  let state = begin()
  let api = new WebApi(state, operations)

  const world: World = {
    get state() {
      return state
    },
    get api() {
      return api
    },
    faults,
    requests,
  }
  const handle = (request: Request): Promise<Response> => answer(world, request)
  const theUser = (id: string | undefined): FakeUser => {
    const user = id === undefined ? state.users.values().next().value : state.users.get(id)
    if (user === undefined) throw new Error(`the fake Spotify has no user ${id ?? 'at all'}`)
    return user
  }

  return {
    fetch: createFetch(handle),
    handle,
    async approve(url, { user, deny = false } = {}) {
      const { pathname, searchParams } = new URL(url)
      if (pathname !== '/authorize') throw new Error(`${pathname} is not the path of an authorization URL`)
      const parsed = parseAuthorization(state, searchParams)
      if (parsed.kind === 'page') throw new Error(`the authorization page shows: ${parsed.problem}`)
      return parsed.kind === 'callback' ? parsed.url : decide(state, parsed.request, theUser(user), deny)
    },
    issue({ user, clientId = 'test-client', scopes = knownScopes, flow = 'pkce' } = {}) {
      const authorizedAt = clock.now()
      const grant = state.ledger.grant({ userId: theUser(user).id, clientId, scopes, authorizedAt, flow })
      const { access } = issueAccess(state, clientId, grant)
      const refresh = issueRefresh(state, grant)
      return { accessToken: access.value, refreshToken: refresh.value, expiresAt: access.expiresAt, scopes }
    },
    revoke({ user, clientId, accessTokens } = {}) {
      state.ledger.revoke({ userId: user, clientId }, clock.now(), { accessTokens })
    },
    fail: (rule) => faults.add(rule),
    uri(kind, index) {
      const { catalogue } = state
      if (index < 0 || index >= catalogue.count(kind)) throw new RangeError(`there is no ${kind} ${index}`)
      const names: Partial<Record<UriKind, string>> = { audiobook: 'show', chapter: 'episode' }
      return `spotify:${names[kind] ?? kind}:${catalogue.id(kind, index)}`
    },
    get faults() {
      return faults.all
    },
    get state() {
      return state
    },
    clock,
    requests,
    get tokens() {
      return state.ledger.tokens
    },
    get grants() {
      return state.ledger.grants
    },
    snapshot: () => state.ledger.snapshot(),
    reset() {
      clock.reset()
      requests.clear()
      faults.clear()
      state = begin(state.ledger.issued)
      api = new WebApi(state, operations)
    },
  }
}
