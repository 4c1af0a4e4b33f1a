import { Listing } from './listing.ts'
import { base62String } from './random.ts'

/** What one user granted to one application. */
export interface FakeGrant {
  readonly id: number
  readonly userId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly authorizedAt: number
  /** How the user signed in; tokens of a PKCE grant are refreshed with the client id alone. */
  readonly flow: 'pkce' | 'code'
  revokedAt?: number | undefined
}

/** A code or token that the fake issued. `value` is not shown by `inspect` and JSON. */
export interface FakeToken {
  readonly kind: 'code' | 'access' | 'refresh'
  readonly value: string
  readonly clientId: string
  /** Absent for client credentials. */
  readonly userId?: string | undefined
  readonly scopes: readonly string[]
  readonly grant?: FakeGrant | undefined
  readonly issuedAt: number
  readonly expiresAt: number
  uses: number
  lastUsedAt?: number | undefined
  revokedAt?: number | undefined
}

/** Grants and tokens as plain data. It contains no token values: they are derived from the seed and their number. */
export interface LedgerSnapshot {
  readonly issued: number
  readonly grants: readonly FakeGrant[]
  readonly tokens: readonly (Omit<FakeToken, 'value' | 'grant'> & {
    readonly number: number
    readonly grantId?: number
  })[]
}

/** Conditions for grants. */
export interface GrantFilter {
  readonly user?: string | undefined
  readonly clientId?: string | undefined
  readonly revoked?: boolean | undefined
}

/** Conditions for tokens. */
export interface TokenFilter extends GrantFilter {
  readonly kind?: FakeToken['kind'] | undefined
  /** Whether it was used at least once. */
  readonly used?: boolean | undefined
}

type GrantOrToken = Pick<FakeToken, 'userId' | 'clientId' | 'revokedAt'>

function matchesFilter(item: GrantOrToken, { user, clientId, revoked }: GrantFilter): boolean {
  return (
    (user === undefined || user === item.userId) &&
    (clientId === undefined || clientId === item.clientId) &&
    (revoked === undefined || revoked === (item.revokedAt !== undefined))
  )
}

function revokedNote({ revokedAt }: GrantOrToken): string {
  return revokedAt === undefined ? '' : ', revoked'
}

interface CodeDetails {
  readonly redirectUri: string
  readonly challenge: string | undefined
}

const valueFormats = { code: ['AQ', 215], access: ['BQ', 254], refresh: ['AQ', 129] } as const

/** Every grant and token that the fake issued. */
export class Ledger {
  readonly grants = new Listing<FakeGrant, GrantFilter>({
    noun: 'grant',
    matches: (grant, filter) => matchesFilter(grant, filter),
    describe: (grant) =>
      `${grant.userId} to ${grant.clientId}${revokedNote(grant)}, scopes ${grant.scopes.join(' ') || 'none'}`,
  })
  readonly tokens = new Listing<FakeToken, TokenFilter>({
    noun: 'token',
    matches: (token, filter) =>
      matchesFilter(token, filter) &&
      (filter.kind === undefined || filter.kind === token.kind) &&
      (filter.used === undefined || filter.used === token.uses > 0),
    describe: (token) =>
      `${token.kind} of ${token.userId ?? 'the application'} for ${token.clientId}, used ${token.uses} time(s)${revokedNote(token)}`,
  })
  readonly #byValue = new Map<string, FakeToken>()
  readonly #codes = new WeakMap<FakeToken, CodeDetails>()
  readonly #numbers = new WeakMap<FakeToken, number>()
  readonly #seed: number
  #issued: number

  /** `issued` continues after a reset, so that no token from before is valid after it. */
  constructor(seed: number, issued = 0) {
    this.#seed = seed
    this.#issued = issued
  }

  get issued(): number {
    return this.#issued
  }

  grant(input: Omit<FakeGrant, 'id' | 'revokedAt'>): FakeGrant {
    const grant: FakeGrant = { ...input, id: this.grants.length + 1 }
    this.grants.push(grant)
    return grant
  }

  issue(input: Omit<FakeToken, 'value' | 'uses'>, code?: CodeDetails): FakeToken {
    const token = this.#add({ ...input, uses: 0 }, ++this.#issued)
    if (code !== undefined) this.#codes.set(token, code)
    return token
  }

  #add(input: Omit<FakeToken, 'value'>, number: number): FakeToken {
    const [prefix, length] = valueFormats[input.kind]
    const value = prefix + base62String(length, this.#seed, number)
    const token = { ...input } as FakeToken
    Object.defineProperty(token, 'value', { value, enumerable: false })
    this.tokens.push(token)
    this.#byValue.set(value, token)
    this.#numbers.set(token, number)
    return token
  }

  /** Every grant and every token except codes, for a later fake with the same seed. */
  snapshot(): LedgerSnapshot {
    const tokens = this.tokens.flatMap((token) => {
      const number = this.#numbers.get(token)
      if (token.kind === 'code' || number === undefined) return []
      const { grant, ...rest } = token
      return [{ ...rest, number, ...(grant === undefined ? {} : { grantId: grant.id }) }]
    })
    return { issued: this.#issued, grants: this.grants.map((grant) => ({ ...grant })), tokens }
  }

  /** Adds the grants and tokens of a snapshot. */
  restore(snapshot: LedgerSnapshot): void {
    this.grants.push(...snapshot.grants.map((grant) => ({ ...grant })))
    for (const { number, grantId, ...token } of snapshot.tokens) {
      this.#add({ ...token, grant: this.grants.find((grant) => grant.id === grantId) }, number)
    }
    this.#issued = Math.max(this.#issued, snapshot.issued)
  }

  find(kind: FakeToken['kind'], value: string): FakeToken | undefined {
    const token = this.#byValue.get(value)
    return token?.kind === kind ? token : undefined
  }

  code(token: FakeToken): CodeDetails | undefined {
    return this.#codes.get(token)
  }

  use(token: FakeToken, at: number): void {
    token.uses++
    token.lastUsedAt = at
  }

  /** As on the account page: refresh tokens become invalid at once, access tokens stay valid until they expire. */
  revoke(
    match: { readonly userId?: string | undefined; readonly clientId?: string | undefined },
    at: number,
    options: { readonly accessTokens?: boolean | undefined } = {},
  ): number {
    const { userId, clientId } = match
    const matches = (of: { userId?: string | undefined; clientId: string; revokedAt?: number | undefined }): boolean =>
      of.revokedAt === undefined &&
      (userId === undefined || of.userId === userId) &&
      (clientId === undefined || of.clientId === clientId)
    const grants = this.grants.filter(matches)
    for (const grant of grants) grant.revokedAt = at
    for (const token of this.tokens) {
      if ((token.kind !== 'access' || options.accessTokens === true) && matches(token)) token.revokedAt = at
    }
    return grants.length
  }

  /** The newest valid grant that covers these scopes, for which no consent page is needed. */
  covering(userId: string, clientId: string, scopes: readonly string[]): FakeGrant | undefined {
    return this.grants.findLast(
      (grant) =>
        grant.userId === userId &&
        grant.clientId === clientId &&
        grant.revokedAt === undefined &&
        scopes.every((scope) => grant.scopes.includes(scope)),
    )
  }
}
