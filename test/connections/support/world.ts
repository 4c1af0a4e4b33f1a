import { type Connections, createConnections } from '../../../src/connections/connections.ts'
import type { ConnectionEvents } from '../../../src/connections/events/events.ts'
import type { ConnectionsOptions } from '../../../src/connections/options.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { createFakeSpotify, type FakeSpotify } from '../../../src/testing/fake-spotify.ts'
import type { FakeSpotifyOptions } from '../../../src/testing/options.ts'
import { localKms } from '../../../src/vault/kms/local.ts'
import { createVault } from '../../../src/vault/vault.ts'

export const start = Date.UTC(2026, 8, 1)
export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export const vaultKey = 'tAENMpE7a1bpOI0qExEC2hUnjf1AQ3l6CWZZ0gkISZE'
export const loginKey = 'hxDunbeLLryugOBb8bRZK1P7QhNcaYtFmGgtpap4Wpo'

export interface ObservedEvent {
  readonly event: keyof ConnectionEvents
  readonly payload: ConnectionEvents[keyof ConnectionEvents]
}

/** A fake Spotify, a store and connections over them, on a clock that stands still. */
export interface World {
  readonly fake: FakeSpotify
  readonly store: TokenStore
  readonly connections: Connections
  readonly events: ObservedEvent[]
  names(): string[]
  advance(ms: number): void
  now(): number
  tokenRequests(): number
  /** The same store and provider in another process, as far as one process can play two. */
  another(options?: Partial<ConnectionsOptions>): Connections
  /** Connects an owner with tokens that end after `life` milliseconds. */
  connect(ownerId: string, life?: number): Promise<{ accessToken: string; refreshToken: string }>
  /** Signs an owner in through the whole flow. */
  signIn(ownerId: string, user?: string): ReturnType<Connections['complete']>
}

export function createWorld(
  options: Partial<ConnectionsOptions> & { readonly fakeOptions?: FakeSpotifyOptions } = {},
): World {
  const { fakeOptions, ...given } = options
  const fake = createFakeSpotify({ clock: start, ...fakeOptions })
  const now = (): number => fake.clock.now()
  const store = given.store ?? memoryStore({ now })
  const make = (more: Partial<ConnectionsOptions> = {}): Connections =>
    createConnections({
      provider: spotifyProvider,
      clientId: 'test-client',
      redirectUri: 'http://127.0.0.1:3000/callback',
      vault: createVault({ kms: localKms({ keyId: 'test', key: vaultKey }), now }),
      loginKeys: [loginKey],
      fetch: fake.fetch,
      now,
      ...given,
      ...more,
      store: more.store ?? store,
    })
  const connections = make()
  const events = listen(connections)
  return {
    fake,
    store,
    connections,
    events,
    names: () => events.map(({ event }) => event.replace('connection.', '')),
    advance: (ms) => fake.clock.advance(ms),
    now,
    tokenRequests: () => tokenRequests(fake),
    another: make,
    async connect(ownerId, life = hour) {
      const tokens = fake.issue()
      await connections.adopt({
        ownerId,
        tokens: { ...tokens, expiresAt: now() + life },
        authorizedAt: new Date(now()),
        accountId: 'account',
      })
      events.length = 0
      return tokens
    },
    async signIn(ownerId, user) {
      const { url, setCookies } = await connections.begin({ ownerId })
      const callback = await fake.approve(url, user === undefined ? {} : { user })
      return await connections.complete({ ownerId, url: callback, cookies: cookieHeader(setCookies) })
    },
  }
}

export function listen(connections: Connections): ObservedEvent[] {
  const events: ObservedEvent[] = []
  for (const event of eventNames) connections.on(event, (payload) => events.push({ event, payload }))
  return events
}

export function cookieHeader(setCookies: readonly string[]): string {
  return setCookies.map((cookie) => cookie.split(';')[0]).join('; ')
}

export function tokenRequests(fake: FakeSpotify, grantType = 'refresh_token'): number {
  return fake.requests.matching({ path: '/api/token', grantType }).length
}

const eventNames = [
  'connection.created',
  'connection.replaced',
  'connection.refreshed',
  'connection.refresh_failed',
  'connection.degraded',
  'connection.recovered',
  'connection.reauth_due_soon',
  'connection.needs_reauth',
  'connection.removed',
] as const
