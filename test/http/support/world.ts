import { type Connections, createConnections } from '../../../src/connections/connections.ts'
import type { HandlerSource } from '../../../src/http/adapter.ts'
import { createHandler } from '../../../src/http/handler.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { createFakeSpotify, type FakeSpotify } from '../../../src/testing/index.ts'
import { createVault, localKms } from '../../../src/vault/index.ts'
import type { RunningHost } from './hosts.ts'
import type { HttpRequest, HttpResponse } from './http-client.ts'

export const paths = {
  auth: '/api/v1/spotify/auth',
  callback: '/api/v1/spotify/callback',
  connection: '/api/v1/spotify/connection',
  health: '/api/v1/spotify/health',
} as const

export interface World {
  readonly fake: FakeSpotify
  readonly connections: Connections
  readonly source: HandlerSource
  /** The owners whose connections are stored. */
  stored(): Promise<readonly string[]>
  /** Everything that the store contains, as text. */
  rows(): Promise<string>
  /** Makes every call of the store fail from now on. */
  closeStore(): Promise<void>
  /** Every secret so far: codes and tokens that the fake issued. */
  secrets(): readonly string[]
}

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))

/** Real connections over a fake Spotify whose clock does not advance. */
export function createWorld(options: { redirectUri?: string; seen?: (request: Request) => void } = {}): World {
  const { redirectUri = `http://127.0.0.1:3000${paths.callback}`, seen } = options
  const fake = createFakeSpotify({ clock: Date.UTC(2026, 10, 1) })
  const scopes = ['user-library-read', 'playlist-read-private']
  const { now } = fake.clock
  const store = memoryStore({ now })
  const connections = createConnections({
    provider: spotifyProvider,
    clientId: 'test-client',
    redirectUri,
    scopes,
    store,
    vault: createVault({ kms: localKms({ keyId: 'test', key: random() }), now }),
    loginKeys: [random()],
    fetch(input, init) {
      seen?.(new Request(input, init))
      return fake.fetch(input, init)
    },
    now,
  })
  return {
    fake,
    connections,
    source: { handler: (handler) => createHandler({ connections, redirectUri, scopes }, handler) },
    stored: async () => (await connections.list()).items.map(({ ownerId }) => ownerId),
    rows: async () => JSON.stringify(await store.list({ provider: 'spotify', limit: 100 })),
    closeStore: () => store.close(),
    secrets: () => fake.tokens.map(({ value }) => value),
  }
}

const page = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-mode': 'navigate' }

/** A browser with cookies of its own, in front of a running host. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #host: RunningHost
  readonly #user: string | undefined

  constructor(host: RunningHost, user: string | undefined) {
    this.#host = host
    this.#user = user
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = {
      ...(this.#user === undefined ? {} : { 'x-user': this.#user }),
      ...(cookie === '' ? {} : { cookie }),
      ...request.headers,
    }
    const response = await this.#host.send({ ...request, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (line.includes('Max-Age=0')) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }

  /** Enters an address or follows a link. */
  open(path: string): Promise<HttpResponse> {
    return this.send({ method: 'GET', path, headers: page })
  }

  /** Calls an endpoint as a program does. */
  callApi(path: string, method = 'GET'): Promise<HttpResponse> {
    return this.send({ method, path, headers: { accept: 'application/json' } })
  }

  /** Opens Spotify's consent page, submits it and returns the path that the browser is redirected to. */
  async consent(fake: FakeSpotify, options: { query?: string; user?: string; deny?: boolean } = {}): Promise<string> {
    const { query = '', ...approval } = options
    const response = await this.open(paths.auth + query)
    const location = response.headers.get('location')
    if (location === null) throw new Error(`auth did not lead to Spotify: ${response.status} ${response.text}`)
    const callback = await fake.approve(location, approval)
    return callback.pathname + callback.search
  }
}
