import { decide, parseAuthorization } from './accounts/authorize.ts'
import { knownScopes } from './accounts/scopes.ts'
import { issueAccess, issueRefresh } from './accounts/token-endpoint.ts'
import type { CatalogueKind } from './catalogue/catalogue.ts'
import { createClock, type FakeClock } from './clock.ts'
import { type Fault, type FaultRule, Faults } from './faults.ts'
import { createFetch } from './fetch.ts'
import type { FakeGrant, FakeToken, GrantFilter, LedgerSnapshot, TokenFilter } from './grants.ts'
import type { Listing } from './listing.ts'
import type { FakeSpotifyOptions } from './options.ts'
import { type HandlerContext, handleRequest } from './request-handler.ts'
import { RequestLog } from './request-log.ts'
import { FakeState } from './state.ts'
import type { FakeUser } from './user.ts'
import { operations } from './web-api/operations.ts'
import { WebApi } from './web-api/web-api.ts'

/** How a user responds to the consent page. */
export interface ApproveOptions {
  /** The id of the user. @default the first user */
  readonly user?: string | undefined
  /** The user denies access. */
  readonly deny?: boolean | undefined
}

/** The user and the application that tokens are issued to. */
export interface IssueOptions {
  /** @default the first user */
  readonly user?: string | undefined
  /** @default 'test-client' */
  readonly clientId?: string | undefined
  /** @default all scopes */
  readonly scopes?: readonly string[] | undefined
  /** @default 'pkce' */
  readonly flow?: 'pkce' | 'code' | undefined
}

/** A kind of object that a URI can name. */
export type UriKind = Exclude<CatalogueKind, 'relinked'>

/** Which grants to revoke. */
export interface RevokeOptions {
  /** @default every user */
  readonly user?: string | undefined
  /** @default every application */
  readonly clientId?: string | undefined
  /** Also revokes access tokens, immediately. @default false */
  readonly accessTokens?: boolean | undefined
}

/** Tokens as the token endpoint would return them, for tests that do not need a sign-in. */
export interface IssuedTokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly scopes: readonly string[]
}

/** An array with assertions: `fake.tokens.expect({ kind: 'refresh', revoked: true }, 1)`. */
export type Listed<T, F extends object> = readonly T[] & Pick<Listing<T, F>, 'matching' | 'expect'>

/** Spotify's accounts service and Web API in memory. */
export interface FakeSpotify {
  /** For options named `fetch`: serves Spotify's hosts and loopback addresses, and rejects for all others. */
  readonly fetch: typeof globalThis.fetch
  /** Responds to one request. @throws Error with `code` `ECONNRESET` when a fault cuts the connection. */
  handle(request: Request): Promise<Response>
  /**
   * Opens an authorization URL, decides as the user and returns the URL that the browser is redirected to.
   *
   * @throws Error with the text of Spotify's error page, if there is no redirect.
   */
  approve(url: URL | string, options?: ApproveOptions): Promise<URL>
  /** Issues tokens without a sign-in. @throws Error if there is no such user. */
  issue(options?: IssueOptions): IssuedTokens
  /** Revokes grants, as a user can on their account page. Access tokens stay valid until they expire, unless `accessTokens` is set. */
  revoke(options?: RevokeOptions): void
  /** Makes matching requests fail. @throws TypeError for a rule with an unknown member or without an effect. */
  fail(rule: FaultRule): Fault
  /** The active faults. */
  readonly faults: readonly Fault[]
  /** The URI of an object in the catalogue: `uri('track', 5)`. Indexes begin at 0. */
  uri(kind: UriKind, index: number): string
  /** The data: users, playlists, application mode. Its members can be changed. */
  readonly state: FakeState
  readonly clock: FakeClock
  /** The requests so far and their outcomes. */
  readonly requests: RequestLog
  /** Codes and tokens issued so far, oldest first. */
  readonly tokens: Listed<FakeToken, TokenFilter>
  /** The grants of users so far, oldest first. */
  readonly grants: Listed<FakeGrant, GrantFilter>
  /** Grants and tokens so far, without token values, for the `restore` option of a later fake with the same seed. */
  snapshot(): LedgerSnapshot
  /** Restores the initial state: libraries, tokens, faults, requests, clock. */
  reset(): void
}

/**
 * Creates a fake Spotify. It shares nothing with other instances and needs no network.
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
  const createState = (issued = 0): FakeState => {
    const created = new FakeState(options, clock, issued)
    if (options.restore !== undefined) created.ledger.restore(options.restore)
    return created
  }
  let state = createState()
  let api = new WebApi(state, operations)

  const context: HandlerContext = {
    get state() {
      return state
    },
    get api() {
      return api
    },
    faults,
    requests,
  }
  const handle = (request: Request): Promise<Response> => handleRequest(context, request)
  const findUser = (id: string | undefined): FakeUser => {
    const user = id === undefined ? state.users.values().next().value : state.users.get(id)
    if (user === undefined)
      throw new Error(id === undefined ? 'the fake Spotify has no users' : `the fake Spotify has no user ${id}`)
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
      return parsed.kind === 'callback' ? parsed.url : decide(state, parsed.request, findUser(user), deny)
    },
    issue({ user, clientId = 'test-client', scopes = knownScopes, flow = 'pkce' } = {}) {
      const authorizedAt = clock.now()
      const grant = state.ledger.grant({ userId: findUser(user).id, clientId, scopes, authorizedAt, flow })
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
      state = createState(state.ledger.issued)
      api = new WebApi(state, operations)
    },
  }
}
