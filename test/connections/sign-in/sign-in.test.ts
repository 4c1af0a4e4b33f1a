import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Connections } from '../../../src/connections/connections.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import {
  cookieHeader,
  createWorld,
  day,
  hour,
  loginKey,
  minute,
  start,
  tokenRequests,
  type World,
} from '../support/world.ts'

const id = { provider: 'spotify', ownerId: 'ada' }

async function begin(world: World, input: Partial<Parameters<Connections['begin']>[0]> = {}) {
  const { url, setCookies } = await world.connections.begin({ ownerId: 'ada', ...input })
  return { url, setCookies, cookies: cookieHeader(setCookies), callback: await world.fake.approve(url) }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error as Error & { code: string; setCookies: readonly string[] },
  )

test('a sign-in leads to a connection with the account, the scopes and both ends', async () => {
  const world = createWorld()
  const { connection, returnTo, setCookies } = await world.signIn('ada')
  const [user] = world.fake.state.users.values()
  expect(connection).toMatchObject({
    ownerId: 'ada',
    provider: 'spotify',
    status: 'connected',
    authorizedAt: new Date(start),
    expiresAt: new Date(start + hour),
    reauthorizeBy: new Date(Date.UTC(2027, 2, 1)),
    accountName: user?.displayName,
  })
  expect(connection.accountId).toBeTypeOf('string')
  expect(connection.scopes.length).toBeGreaterThan(0)
  expect(connection).not.toHaveProperty('authorizedAtAssumed')
  expect(returnTo).toBeUndefined()
  expect(setCookies).toHaveLength(1)
  expect(setCookies[0]).toMatch(/Max-Age=0/)
  expect(await world.connections.get('ada')).toEqual(connection)
  expect(world.names()).toEqual(['created'])
  expect((await world.connections.health('ada')).status).toBe('healthy')
})

test('returnTo comes back, and only a path on the same origin is taken', async () => {
  const world = createWorld()
  const { callback, cookies } = await begin(world, { returnTo: '/library?tab=1#top' })
  const { returnTo } = await world.connections.complete({ ownerId: 'ada', url: callback, cookies })
  expect(returnTo).toBe('/library?tab=1#top')
  for (const elsewhere of ['https://example.org/', '//example.org', '/\\example.org', 'library']) {
    await expect(world.connections.begin({ ownerId: 'ada', returnTo: elsewhere })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  }
})

describe('a callback that is not a sign-in under way stores nothing and tells no secret:', () => {
  const cases: [string, string, (world: World) => Promise<unknown>][] = [
    [
      'without a cookie',
      'LOGIN_COOKIE_MISSING',
      async (world) => {
        const { callback } = await begin(world)
        return world.connections.complete({ ownerId: 'ada', url: callback })
      },
    ],
    [
      'with another browser’s cookie',
      'LOGIN_STATE_MISMATCH',
      async (world) => {
        const { callback } = await begin(world)
        const { cookies } = await begin(world)
        return world.connections.complete({ ownerId: 'ada', url: callback, cookies })
      },
    ],
    [
      'with a state that was changed',
      'LOGIN_STATE_MISMATCH',
      async (world) => {
        const { callback, cookies } = await begin(world)
        const state = callback.searchParams.get('state') ?? ''
        callback.searchParams.set('state', `${state.slice(0, 20)}${'A'.repeat(28)}`)
        return world.connections.complete({ ownerId: 'ada', url: callback, cookies })
      },
    ],
    [
      'expired',
      'LOGIN_EXPIRED',
      async (world) => {
        const { callback, cookies } = await begin(world)
        world.advance(11 * minute)
        return world.connections.complete({ ownerId: 'ada', url: callback, cookies })
      },
    ],
    [
      'with an error instead of a code',
      'LOGIN_DENIED',
      async (world) => {
        const { url, cookies } = await begin(world)
        const callback = await world.fake.approve(url, { deny: true })
        return world.connections.complete({ ownerId: 'ada', url: callback, cookies })
      },
    ],
    [
      'with two codes',
      'LOGIN_CALLBACK_INVALID',
      async (world) => {
        const { callback, cookies } = await begin(world)
        callback.searchParams.append('code', 'another')
        return world.connections.complete({ ownerId: 'ada', url: callback, cookies })
      },
    ],
    [
      'for another owner',
      'LOGIN_OWNER_MISMATCH',
      async (world) => {
        const { callback, cookies } = await begin(world)
        return world.connections.complete({ ownerId: 'grace', url: callback, cookies })
      },
    ],
    [
      'with a code that the server does not know',
      'LOGIN_CODE_REJECTED',
      async (world) => {
        const { callback, cookies } = await begin(world)
        callback.searchParams.set('code', 'made-up')
        return world.connections.complete({ ownerId: 'ada', url: callback, cookies })
      },
    ],
    [
      'while the token endpoint responds with HTML',
      'LOGIN_UNAVAILABLE',
      async (world) => {
        const { callback, cookies } = await begin(world)
        world.fake.fail({ path: '/api/token', status: 502, body: 'html' })
        return world.connections.complete({ ownerId: 'ada', url: callback, cookies })
      },
    ],
  ]
  test.each(cases)('%s', async (_name, code, attempt) => {
    const world = createWorld()
    const error = await failure(attempt(world))
    expect(error).toMatchObject({ name: 'LoginError', code })
    expect(await world.store.list({ provider: 'spotify', limit: 10 })).toEqual([])
    expect(world.events).toEqual([])
    expect(inspect(error, { depth: 10 })).not.toMatch(/eyJ|Set-Cookie|code=|state=/)
  })
})

test('a callback can be used once, also when it comes twice at a time', async () => {
  const world = createWorld()
  const { callback, cookies } = await begin(world)
  const input = { ownerId: 'ada', url: callback, cookies }
  const results = await Promise.allSettled([world.connections.complete(input), world.connections.complete(input)])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await failure(world.connections.complete(input))).toMatchObject({ code: 'LOGIN_ALREADY_USED' })
  expect(tokenRequests(world.fake, 'authorization_code')).toBe(1)
})

test('a forged callback does not use up the sign-in that it was aimed at', async () => {
  const world = createWorld()
  const { callback, cookies } = await begin(world)
  const forged = new URL(callback)
  forged.searchParams.set('state', `${(callback.searchParams.get('state') ?? '').slice(0, 16)}${'B'.repeat(32)}`)
  await failure(world.connections.complete({ ownerId: 'ada', url: forged, cookies }))
  await expect(world.connections.complete({ ownerId: 'ada', url: callback, cookies })).resolves.toBeDefined()
})

test('a failed sign-in takes its cookie along', async () => {
  const world = createWorld()
  const { url, cookies } = await begin(world)
  const denied = await world.fake.approve(url, { deny: true })
  const error = await failure(world.connections.complete({ ownerId: 'ada', url: denied, cookies }))
  expect(error.setCookies).toHaveLength(1)
  expect(error.setCookies[0]).toMatch(/Max-Age=0/)
  expect(Object.keys(error)).not.toContain('setCookies')
})

test('several tabs can sign in, and the oldest cookies beyond five are cleared', async () => {
  const world = createWorld()
  let jar: string[] = []
  for (let tab = 0; tab < 7; tab++) {
    const { setCookies } = await world.connections.begin({ ownerId: 'ada', cookies: jar.join('; ') })
    for (const cookie of setCookies) {
      const pair = cookie.split(';')[0] ?? ''
      const name = `${pair.split('=')[0]}=`
      jar = jar.filter((other) => !other.startsWith(name))
      if (!cookie.includes('Max-Age=0')) jar.push(pair)
    }
    expect(jar).toHaveLength(Math.min(tab + 1, 5))
  }
})

describe('after the code is spent', () => {
  test.each([
    ['429', { status: 429, retryAfter: 60 }],
    ['503', { status: 503 }],
    ['403 for another reason', { status: 403 }],
    ['a cut connection', { cut: 'before' as const }],
  ])(
    '%s from the account look-up keeps the connection, and the next use fills the account in',
    async (_name, fault) => {
      const world = createWorld()
      world.fake.fail({ path: '/v1/me', ...fault })
      const { connection } = await world.signIn('ada')
      expect(connection.status).toBe('connected')
      expect(connection.accountId).toBeUndefined()
      await world.connections.accessToken('ada')
      expect((await world.connections.get('ada'))?.accountId).toBeTypeOf('string')
    },
  )

  test('an account that the process of the sign-in did not get is filled in by a monitor of another', async () => {
    const world = createWorld()
    world.fake.fail({ path: '/v1/me', status: 503 })
    await world.signIn('ada')
    const other = world.another()
    await other.accessToken('ada')
    expect((await other.get('ada'))?.accountId).toBeUndefined()
    world.advance(hour)
    await other.monitor().runOnce()
    await expect.poll(async () => (await other.get('ada'))?.accountId).toBeTypeOf('string')
  })

  test('adopted tokens are not looked up behind the application’s back', async () => {
    const world = createWorld()
    await world.connections.adopt({ ownerId: 'ada', tokens: world.fake.issue() })
    await world.connections.accessToken('ada')
    expect(world.fake.requests.all).toHaveLength(0)
  })

  test('a look-up that keeps failing is repeated once a minute at most', async () => {
    const world = createWorld()
    world.fake.fail({ path: '/v1/me', status: 503, times: 99 })
    await world.signIn('ada')
    for (let call = 0; call < 5; call++) await world.connections.accessToken('ada')
    expect(world.fake.requests.matching({ path: '/v1/me' })).toHaveLength(2)
    world.advance(minute)
    await world.connections.accessToken('ada')
    expect(world.fake.requests.matching({ path: '/v1/me' })).toHaveLength(3)
  })

  test('a user who is not on the application’s list gets an error that says so, and nothing is stored', async () => {
    const world = createWorld()
    world.fake.fail({
      path: '/v1/me',
      status: 403,
      body: { content: 'User not registered in the Developer Dashboard', type: 'text/plain' },
    })
    expect(await failure(world.signIn('ada'))).toMatchObject({ code: 'LOGIN_USER_NOT_ALLOWED' })
    expect(await world.store.get(id)).toBeUndefined()
  })

  test('a store that fails for a moment costs nothing', async () => {
    const memory = memoryStore({ now: () => start })
    let failures = 2
    const store: TokenStore = {
      ...memory,
      async compareAndSet(...input) {
        const { StoreError } = await import('../../../src/errors.ts')
        if (failures-- > 0) throw new StoreError('STORE_UNAVAILABLE', 'The database is away.')
        return await memory.compareAndSet(...input)
      },
    }
    const world = createWorld({ store })
    await world.signIn('ada')
    expect(world.names()).toEqual(['created'])
    expect((await world.connections.get('ada'))?.status).toBe('connected')
  })

  test('the caller’s abort no longer undoes the sign-in', async () => {
    const world = createWorld()
    const controller = new AbortController()
    world.fake.fail({ path: '/v1/me', delay: 1000 })
    const { callback, cookies } = await begin(world)
    const input = { ownerId: 'ada', url: callback, cookies }
    const completing = world.connections.complete(input, { signal: controller.signal })
    await expect.poll(() => world.fake.requests.matching({ path: '/v1/me' }).length).toBe(1)
    controller.abort()
    world.advance(1000)
    expect((await completing).connection.status).toBe('connected')
  })
})

test('signing in again replaces the connection and starts a new six months', async () => {
  const world = createWorld()
  await world.signIn('ada')
  world.advance(30 * day)
  const { connection } = await world.signIn('ada')
  expect(connection.authorizedAt).toEqual(new Date(start + 30 * day))
  expect(world.names()).toEqual(['created', 'replaced'])
  expect(world.events[1]?.payload).toMatchObject({ accountChanged: false })
})

test('signing in with another account says so', async () => {
  const world = createWorld({ fakeOptions: { users: [{ id: 'one' }, { id: 'two' }] } })
  const first = await world.signIn('ada', 'one')
  const second = await world.signIn('ada', 'two')
  expect(second.connection.accountId).not.toBe(first.connection.accountId)
  expect(world.events[1]?.payload).toMatchObject({ accountChanged: true })
})

test('signing in again revives a connection that had ended', async () => {
  const world = createWorld()
  await world.signIn('ada')
  world.fake.revoke()
  world.advance(hour)
  await failure(world.connections.accessToken('ada'))
  await world.signIn('ada')
  expect((await world.connections.health('ada')).status).toBe('healthy')
  await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
})

test('refreshing never moves the end of the grant', async () => {
  const world = createWorld()
  const { connection } = await world.signIn('ada')
  for (let round = 0; round < 3; round++) {
    world.advance(10 * day)
    await world.connections.accessToken('ada')
  }
  expect((await world.connections.get('ada'))?.reauthorizeBy).toEqual(connection.reauthorizeBy)
})

describe('adopted tokens', () => {
  test('of unknown age are assumed to end at any moment, and health says so', async () => {
    const world = createWorld()
    const connection = await world.connections.adopt({ ownerId: 'ada', tokens: world.fake.issue() })
    expect(connection.authorizedAtAssumed).toBe(true)
    expect(connection.reauthorizeBy).toEqual(new Date(start))
    const health = await world.connections.health('ada')
    expect(health).toMatchObject({ status: 'reauth_due_soon', authorizedAtAssumed: true })
    world.advance(30 * day)
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
    expect((await world.connections.health('ada')).authorizedAtAssumed).toBe(true)
  })

  test('of known age end six months later', async () => {
    const world = createWorld()
    const authorizedAt = new Date(Date.UTC(2026, 7, 31, 12))
    const connection = await world.connections.adopt({ ownerId: 'ada', tokens: world.fake.issue(), authorizedAt })
    expect(connection.reauthorizeBy).toEqual(new Date(Date.UTC(2027, 1, 28, 12)))
    expect(connection).not.toHaveProperty('authorizedAtAssumed')
    expect(world.fake.requests.all).toHaveLength(0)
  })

  test.each([
    [{ accessToken: '' }],
    [{ refreshToken: '' }],
    [{ expiresAt: Number.NaN }],
    [{ scopes: 'a b' }],
    [{ scopes: undefined }],
  ])('that are not tokens are refused: %j', async (wrong) => {
    const world = createWorld()
    const tokens = { accessToken: 'a', refreshToken: 'b', expiresAt: start, scopes: [], ...wrong } as never
    await expect(world.connections.adopt({ ownerId: 'ada', tokens })).rejects.toMatchObject({
      name: 'TypeError',
      code: 'INVALID_ARGUMENT',
    })
  })
})

describe('construction', () => {
  test.each([
    [{ refresh: { timeout: 10_000, lease: 10_000 } }, 'CONFIG_LEASE'],
    [{ refresh: { timeout: 10_000, lease: 10_999 } }, 'CONFIG_LEASE'],
    [{ refresh: { timeout: 20_000 } }, 'CONFIG_LEASE'],
    [{ refresh: { lease: 5000 } }, 'CONFIG_LEASE'],
    [{ refresh: { margin: -1 } }, 'CONFIG_LEASE'],
    [{ refresh: { timeout: Number.NaN } }, 'CONFIG_LEASE'],
    [{ redirectUri: 'http://localhost:3000/callback' }, 'CONFIG_REDIRECT_URI'],
    [{ redirectUri: 'http://example.org/callback' }, 'CONFIG_REDIRECT_URI'],
    [{ loginKeys: [] }, 'CONFIG_LOGIN_KEY'],
    [{ loginKeys: ['short'] }, 'CONFIG_LOGIN_KEY'],
    [{ clientId: '' }, 'CONFIG_MISSING'],
    [{ vault: undefined }, 'CONFIG_MISSING'],
    [{ provider: undefined }, 'CONFIG_MISSING'],
    [{ endpoints: { token: 'http://example.org/token' } }, 'CONFIG_ENDPOINT'],
  ])('refuses %j', (wrong, code) => {
    expect(() => createWorld(wrong as never)).toThrow(expect.objectContaining({ name: 'ConfigError', code }))
  })

  test('takes a lease that outlasts the timeout by the store margin', () => {
    expect(() => createWorld({ refresh: { timeout: 10_000, lease: 11_000 }, loginKeys: [loginKey] })).not.toThrow()
  })
})

test('list pages through connections in the order of their owners', async () => {
  const world = createWorld()
  for (const ownerId of ['carol', 'ada', 'bob']) await world.connect(ownerId)
  const first = await world.connections.list({ limit: 2 })
  expect(first.items.map(({ ownerId }) => ownerId)).toEqual(['ada', 'bob'])
  const second = await world.connections.list({ limit: 2, after: first.next })
  expect(second.items.map(({ ownerId }) => ownerId)).toEqual(['carol'])
  expect(second.next).toBeUndefined()
  await expect(world.connections.list({ limit: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('disconnecting removes the connection and names the page where consent is withdrawn', async () => {
  const world = createWorld()
  await world.connect('ada')
  const manageUrl = 'https://www.spotify.com/account/apps/'
  expect(await world.connections.disconnect('ada')).toEqual({ removed: true, manageUrl })
  expect(await world.connections.disconnect('ada')).toEqual({ removed: false, manageUrl })
  expect(world.names()).toEqual(['removed'])
  expect((await world.connections.health('ada')).status).toBe('disconnected')
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
})
