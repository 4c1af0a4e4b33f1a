import type { FakeSpotify } from '../fake-spotify.ts'
import type { FakeUser } from '../user.ts'

/** The state for the control API. The values of codes and tokens are never included. */
export function stateSummary(fake: FakeSpotify): Record<string, unknown> {
  const { state, clock } = fake
  return {
    now: clock.now(),
    appMode: state.appMode,
    ownerPremium: state.ownerPremium,
    users: [...state.users.values()].map(userSummary),
    requests: fake.requests.all.length,
    tokens: fake.tokens.length,
    grants: fake.grants.length,
    faults: fake.faults.length,
  }
}

export function userSummary(user: FakeUser): Record<string, unknown> {
  const { id, displayName, email, country, product, allowlisted } = user
  return { id, displayName, email, country, product, allowlisted }
}

export function requestList(fake: FakeSpotify, limit: number): unknown[] {
  return fake.requests.all.slice(-limit).map((entry) => ({
    at: entry.at,
    method: entry.method,
    path: entry.path,
    // The query of an authorization contains the application's state and challenge.
    query: entry.path.startsWith('/v1/') ? Object.fromEntries(entry.query) : {},
    ...(entry.body === undefined ? {} : { body: entry.body }),
    operation: entry.operation,
    grantType: entry.grantType,
    clientId: entry.clientId,
    user: entry.user,
    status: entry.status,
    error: entry.error,
    faults: entry.faults.length,
  }))
}

export function tokenList(fake: FakeSpotify, limit: number): unknown[] {
  return fake.tokens.slice(-limit).map(({ kind, clientId, userId, scopes, issuedAt, expiresAt, uses, revokedAt }) => ({
    kind,
    clientId,
    user: userId,
    scopes,
    issuedAt,
    expiresAt,
    uses,
    revokedAt,
  }))
}

export function grantList(fake: FakeSpotify): unknown[] {
  return fake.grants.map(({ userId, ...grant }) => ({ user: userId, ...grant }))
}
