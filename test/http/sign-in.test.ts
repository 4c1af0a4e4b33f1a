import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from './support/hosts.ts'
import { Browser, createWorld, paths, type World } from './support/world.ts'

const options = { afterConnect: '/home', afterError: '/oops', scopes: ['user-top-read'] }
const evil = 'https://evil.example'

describe.each(hosts)('$name', ({ start }) => {
  let world: World
  let host: RunningHost
  let alice: Browser
  beforeEach(async () => {
    world = createWorld()
    host = await start(world.source, options)
    alice = new Browser(host, 'alice')
  })
  afterEach(() => host.close())

  const post = (browser: Browser, body: unknown, headers: Record<string, string> = {}) =>
    browser.send({
      method: 'POST',
      path: paths.callback,
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const failed = async (response: { status: number; headers: Headers; text: string }, code: string) => {
    expect([response.status, response.headers.get('location')]).toEqual([303, `/oops?error=${code}`])
    expect(await world.stored()).toEqual([])
    expect(world.fake.tokens.filter(({ kind }) => kind !== 'code')).toEqual([])
  }

  test('connects, shows, and disconnects', async () => {
    expect((await alice.callApi(paths.connection)).status).toBe(404)
    expect(JSON.parse((await alice.callApi(paths.health)).text).health.status).toBe('disconnected')
    const back = await alice.consent(world.fake, { query: '?returnTo=/library%3Fpage=2' })
    const done = await alice.open(back)
    expect([done.status, done.headers.get('location')]).toEqual([303, '/library?page=2'])
    expect(alice.cookies.size).toBe(0)
    const shown = JSON.parse((await alice.callApi(paths.connection)).text).connection
    expect(shown).toMatchObject({ ownerId: 'alice', provider: 'spotify', status: 'connected' })
    expect(shown.scopes.toSorted()).toEqual(['playlist-read-private', 'user-library-read'])
    expect(new Date(shown.expiresAt).getTime() - world.fake.clock.now()).toBe(3_600_000)
    expect(JSON.parse((await alice.callApi(paths.health)).text).health.status).toBe('healthy')
    const gone = await alice.callApi(paths.connection, 'DELETE')
    expect([gone.status, gone.headers.get('link')]).toEqual([204, expect.stringContaining('/account/apps')])
    expect((await alice.callApi(paths.connection, 'DELETE')).status).toBe(204)
    expect(await world.stored()).toEqual([])
  })

  test('a single-page application posts what it was sent', async () => {
    const begun = JSON.parse((await alice.callApi(paths.auth)).text).authorizationUrl
    const back = await world.fake.approve(begun)
    const done = await post(alice, Object.fromEntries(back.searchParams))
    expect(done.status, done.text).toBe(200)
    expect(JSON.parse(done.text).connection.ownerId).toBe('alice')
    expect(alice.cookies.size).toBe(0)
  })

  test('what is stored holds no token', async () => {
    await alice.open(await alice.consent(world.fake))
    const rows = await world.rows()
    expect(rows).toContain('"ownerId":"alice"')
    expect(world.fake.tokens.map(({ kind }) => kind)).toEqual(['code', 'access', 'refresh'])
    for (const secret of world.secrets()) expect(rows).not.toContain(secret)
  })

  test('two users are kept apart', async () => {
    const bob = new Browser(host, 'bob')
    await alice.open(await alice.consent(world.fake))
    expect((await bob.callApi(paths.connection)).status).toBe(404)
    await bob.open(await bob.consent(world.fake))
    await bob.callApi(paths.connection, 'DELETE')
    expect(await world.stored()).toEqual(['alice'])
  })

  test('two interleaved tabs both succeed', async () => {
    const first = await alice.consent(world.fake, { query: '?returnTo=/first' })
    const second = await alice.consent(world.fake, { query: '?returnTo=/second' })
    expect((await alice.open(first)).headers.get('location')).toBe('/first')
    expect((await alice.open(second)).headers.get('location')).toBe('/second')
    expect(alice.cookies.size).toBe(0)
  })

  test('at most five sign-ins are under way at a time', async () => {
    const backs: string[] = []
    for (let tab = 0; tab < 7; tab++) backs.push(await alice.consent(world.fake))
    expect(alice.cookies.size).toBe(5)
    expect((await alice.open(backs[0]!)).headers.get('location')).toBe('/oops?error=LOGIN_STATE_MISMATCH')
    expect((await alice.open(backs[6]!)).headers.get('location')).toBe('/home')
  })

  test('a session cookie with SameSite=Strict costs one more page, not the sign-in', async () => {
    const back = await alice.consent(world.fake)
    const stranger = new Browser(host, undefined)
    for (const [name, value] of alice.cookies) stranger.cookies.set(name, value)
    const shown = await stranger.open(back)
    expect(shown.status).toBe(200)
    const [, target = ''] = /content="0;url=([^"]+)"/.exec(shown.text) ?? []
    expect((await alice.open(target.replaceAll('&amp;', '&'))).headers.get('location')).toBe('/home')
    expect(await world.stored()).toEqual(['alice'])
  })

  test('a missing scope is requested in addition to what was granted', async () => {
    await alice.open(await alice.consent(world.fake))
    await alice.open(await alice.consent(world.fake, { query: '?scope=user-top-read' }))
    const { scopes } = JSON.parse((await alice.callApi(paths.connection)).text).connection
    expect(scopes.toSorted()).toEqual(['playlist-read-private', 'user-library-read', 'user-top-read'])
    expect((await alice.callApi(`${paths.auth}?scope=streaming`)).status).toBe(400)
  })

  describe('refuses', () => {
    test('consent that was declined', async () => {
      await failed(await alice.open(await alice.consent(world.fake, { deny: true })), 'LOGIN_DENIED')
      expect(alice.cookies.size).toBe(0)
    })

    test('a callback that is replayed', async () => {
      const back = await alice.consent(world.fake)
      const kept = new Map(alice.cookies)
      await alice.open(back)
      await alice.callApi(paths.connection, 'DELETE')
      for (const [name, value] of kept) alice.cookies.set(name, value)
      const again = await alice.open(back)
      expect(again.headers.get('location')).toBe('/oops?error=LOGIN_ALREADY_USED')
      expect(alice.cookies.size).toBe(0)
      expect(await world.stored()).toEqual([])
      expect((await alice.open(back)).headers.get('location')).toBe('/oops?error=LOGIN_COOKIE_MISSING')
    })

    test('a callback that arrives twice at the same time, once', async () => {
      const back = await alice.consent(world.fake)
      const twin = new Browser(host, 'alice')
      for (const [name, value] of alice.cookies) twin.cookies.set(name, value)
      const responses = await Promise.all([alice.open(back), twin.open(back)])
      const ends = responses.map(({ headers }) => headers.get('location')).toSorted()
      expect(ends).toEqual(['/home', '/oops?error=LOGIN_ALREADY_USED'])
      expect(world.fake.tokens.filter(({ kind }) => kind === 'refresh')).toHaveLength(1)
    })

    test('a callback in another browser of the same user', async () => {
      const back = await alice.consent(world.fake)
      await failed(await new Browser(host, 'alice').open(back), 'LOGIN_COOKIE_MISSING')
    })

    test('a callback of a sign-in that an attacker began, with or without its cookie', async () => {
      const mallory = new Browser(host, 'mallory')
      const back = await mallory.consent(world.fake)
      await failed(await alice.open(back), 'LOGIN_COOKIE_MISSING')
      for (const [name, value] of mallory.cookies) alice.cookies.set(name, value)
      await failed(await alice.open(back), 'LOGIN_OWNER_MISMATCH')
    })

    test('a cookie that was made up or tampered with', async () => {
      const back = await alice.consent(world.fake)
      const [[name, value]] = [...alice.cookies] as [[string, string]]
      for (const planted of ['x', value.slice(0, -2), `${value.slice(0, -8)}AAAAAAAA`]) {
        alice.cookies.set(name, planted)
        await failed(await alice.open(back), 'LOGIN_COOKIE_MISSING')
      }
    })

    test('a response of another authorization server', async () => {
      const back = await alice.consent(world.fake)
      await failed(await alice.open(`${back}&iss=${encodeURIComponent(evil)}`), 'LOGIN_ISSUER_MISMATCH')
    })

    test.each(['code', 'state', 'iss', 'error'])('the parameter %s given twice', async (name) => {
      const back = await alice.consent(world.fake)
      const code = name === 'state' ? 'LOGIN_STATE_MISMATCH' : 'LOGIN_CALLBACK_INVALID'
      const value = new URLSearchParams(back.split('?')[1]).get(name) ?? 'x'
      const extra = name === 'iss' || name === 'error' ? `&${name}=x&${name}=x` : `&${name}=${value}`
      await failed(await alice.open(back + extra), code)
    })

    test('a state that is not ours', async () => {
      const back = new URL(await alice.consent(world.fake), 'http://127.0.0.1')
      const state = back.searchParams.get('state') ?? ''
      for (const wrong of ['', 'x', state.toLowerCase(), `${state.slice(0, 16)}${'A'.repeat(32)}`]) {
        back.searchParams.set('state', wrong)
        const response = await alice.open(back.pathname + back.search)
        await failed(response, 'LOGIN_STATE_MISMATCH')
      }
    })

    test('a sign-in that took longer than ten minutes', async () => {
      const back = await alice.consent(world.fake)
      world.fake.clock.advance(600_000)
      await failed(await alice.open(back), 'LOGIN_EXPIRED')
    })

    test('a sign-in whose connection cannot be stored, and clears its cookie', async () => {
      const back = await alice.consent(world.fake)
      await world.closeStore()
      const response = await alice.open(back)
      expect([response.status, response.headers.get('location')]).toEqual([303, '/oops?error=STORE_UNAVAILABLE'])
      expect(alice.cookies.size).toBe(0)
    })

    test('a code that was not given out', async () => {
      const back = new URL(await alice.consent(world.fake), 'http://127.0.0.1')
      back.searchParams.set('code', 'A'.repeat(40))
      await failed(await alice.open(back.pathname + back.search), 'LOGIN_CODE_REJECTED')
    })

    test('headers that a parameter tries to inject', async () => {
      const response = await alice.open(`${paths.auth}?returnTo=/a%0d%0aSet-Cookie:%20x=1&scope=%0d%0aX:y`)
      expect(response.status).toBe(400)
      expect(response.headers.getSetCookie()).toEqual([])
      const back = await alice.consent(world.fake)
      await failed(await alice.open(back.replace(/code=[^&]+/, 'error=%0d%0aSet-Cookie:x=1')), 'LOGIN_PROVIDER_ERROR')
      expect(alice.cookies.size).toBe(0)
    })

    test('a posted callback and a disconnect of a foreign page', async () => {
      const back = await alice.consent(world.fake)
      const parameters = Object.fromEntries(new URLSearchParams(back.split('?')[1]))
      for (const headers of [{ origin: evil }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
        const response = await post(alice, parameters, headers)
        expect([response.status, JSON.parse(response.text).code]).toEqual([403, 'HTTP_FORBIDDEN_ORIGIN'])
        expect(await world.stored()).toEqual([])
      }
      await alice.open(back)
      const remove = await alice.send({ method: 'DELETE', path: paths.connection, headers: { origin: evil } })
      expect(remove.status).toBe(403)
      expect(await world.stored()).toEqual(['alice'])
    })

    test('JSON that would pollute a prototype', async () => {
      const back = new URLSearchParams((await alice.consent(world.fake)).split('?')[1])
      const own = `"code":"${back.get('code')}","state":"${back.get('state')}"`
      const response = await post(alice, `{"__proto__":{${own}},"constructor":{"prototype":{${own}}}}`)
      expect(response.status).toBe(400)
      expect(await world.stored()).toEqual([])
      expect(Object.prototype).not.toHaveProperty('code')
      const honest = await post(alice, `{"__proto__":{"status":"x"},${own}}`)
      expect(honest.status, honest.text).toBe(200)
    })

    test('anything, without showing a secret', async () => {
      const twice = await alice.consent(world.fake)
      const mixed = await alice.consent(world.fake)
      const back = await alice.consent(world.fake)
      const responses = [
        await alice.open(`${twice}&code=again`),
        await alice.callApi(`${mixed}&iss=x`),
        await alice.open(back),
        await alice.callApi(back),
        await alice.callApi(paths.connection),
        await alice.callApi(paths.health),
        await alice.callApi(paths.connection, 'DELETE'),
      ]
      const states = [twice, mixed, back].map((path) => new URLSearchParams(path.split('?')[1]).get('state') ?? '')
      const secrets = [...world.secrets(), ...states]
      expect(world.fake.tokens.map(({ kind }) => kind)).toEqual(['code', 'code', 'code', 'access', 'refresh'])
      for (const { headers, text } of responses) {
        const output = JSON.stringify([...headers]) + text
        for (const secret of secrets) expect(output).not.toContain(secret)
      }
    })
  })
})
