import { describe, expect, test, vi } from 'vitest'
import { ConnectionError, LoginError, StoreError, VaultError } from '../../src/errors.ts'
import type { HandlerConnections } from '../../src/http/connection.ts'
import { createHandler, type HandlerOptions } from '../../src/http/handler.ts'
import { base, connection, connectionsDouble, page, program, redirectUri } from './support/connections-double.ts'

type Options = Partial<HandlerOptions<undefined>>

function setUp(verbs: Partial<HandlerConnections> = {}, options: Options = {}, scopes: readonly string[] = []) {
  const connections = connectionsDouble(verbs)
  const handle = createHandler<undefined>(
    { connections, redirectUri, scopes },
    { owner: (request) => request.headers.get('x-user') ?? undefined, ...options },
  )
  const call = (method: string, path: string, headers: Record<string, string> = {}, body?: BodyInit) =>
    handle(
      new Request(`${base}${path}`, { method, headers: { 'x-user': 'alice', ...headers }, body: body ?? null }),
      undefined,
    )
  return { connections, handle, call }
}

const problem = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return (await response.json()) as { code: string; title: string; detail: string; status: number; type: string }
}

describe('GET auth', () => {
  test('sends a person to the provider and sets every cookie of the sign-in', async () => {
    const { call, connections } = setUp()
    const response = await call('GET', '/auth?returnTo=/library%3Fpage=2', { ...page, cookie: 'stagedoor_login_x=1' })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('https://accounts.example/authorize?client_id=c&state=s')
    expect(response.headers.getSetCookie()).toHaveLength(2)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(connections.begin).toHaveBeenCalledWith({
      ownerId: 'alice',
      returnTo: '/library?page=2',
      scopes: undefined,
      showDialog: false,
      cookies: 'stagedoor_login_x=1',
    })
  })

  test('returns the provider’s URL to a program', async () => {
    const response = await setUp().call('GET', '/auth', program)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      authorizationUrl: 'https://accounts.example/authorize?client_id=c&state=s',
    })
    expect(response.headers.getSetCookie()).toHaveLength(2)
  })

  test('showDialog=true shows the consent page again, for another account', async () => {
    const { call, connections } = setUp()
    await call('GET', '/auth?showDialog=true')
    expect(connections.begin).toHaveBeenCalledWith(expect.objectContaining({ showDialog: true }))
  })

  test('no signed-in user is 401, as a page or as a problem', async () => {
    for (const owner of [() => undefined, () => null, () => '', async () => undefined]) {
      const { call, connections } = setUp({}, { owner })
      const response = await call('GET', '/auth', program)
      expect(response.status).toBe(401)
      expect((await problem(response)).code).toBe('HTTP_UNAUTHENTICATED')
      const shown = await call('GET', '/auth', page)
      expect(shown.status).toBe(401)
      expect(shown.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(connections.begin).not.toHaveBeenCalled()
    }
  })

  test.each(['returnTo=/a&returnTo=/b', 'scope=a&scope=b', 'showDialog=true&showDialog=true'])(
    'a parameter given twice is refused: %s',
    async (query) => {
      const { call, connections } = setUp()
      const response = await call('GET', `/auth?${query}`, program)
      expect(response.status).toBe(400)
      expect((await problem(response)).code).toBe('HTTP_BAD_QUERY')
      expect(connections.begin).not.toHaveBeenCalled()
    },
  )

  test('a returnTo of 512 bytes is taken, a longer one refused', async () => {
    const { call } = setUp()
    expect((await call('GET', `/auth?returnTo=/${'a'.repeat(511)}`)).status).toBe(302)
    expect((await call('GET', `/auth?returnTo=/${'a'.repeat(512)}`)).status).toBe(400)
    expect((await call('GET', `/auth?returnTo=/${encodeURIComponent('é'.repeat(171))}`)).status).toBe(400)
  })
})

describe('incremental consent', () => {
  const offered = { scopes: ['playlist-read-private', 'user-top-read'] }
  const always = ['user-library-read']

  test('a listed scope is requested in addition to the basic ones and those that were granted', async () => {
    const get = async () => ({ ...connection, scopes: ['user-library-read', 'user-top-read', 'streaming'] })
    const { call, connections } = setUp({ get }, offered, always)
    await call('GET', '/auth?scope=playlist-read-private%20user-library-read')
    expect(connections.begin).toHaveBeenCalledWith(
      expect.objectContaining({ scopes: ['user-library-read', 'user-top-read', 'playlist-read-private'] }),
    )
  })

  test('a scope the host did not list is refused', async () => {
    const { call, connections } = setUp({}, offered, always)
    const response = await call('GET', '/auth?scope=user-top-read%20streaming', program)
    expect(response.status).toBe(400)
    expect((await problem(response)).code).toBe('HTTP_SCOPE_NOT_ALLOWED')
    expect(connections.begin).not.toHaveBeenCalled()
  })

  test('a reconnect without scope= keeps what was granted', async () => {
    const get = async () => ({ ...connection, scopes: ['user-top-read'] })
    const { call, connections } = setUp({ get }, offered, always)
    await call('GET', '/auth')
    expect(connections.begin).toHaveBeenCalledWith(
      expect.objectContaining({ scopes: ['user-library-read', 'user-top-read'] }),
    )
  })

  test('where no scope is offered the basic ones may be named and the store is not read', async () => {
    const { call, connections } = setUp({}, {}, always)
    await call('GET', '/auth?scope=user-library-read')
    expect(connections.begin).toHaveBeenCalledWith(expect.objectContaining({ scopes: undefined }))
    expect(connections.get).not.toHaveBeenCalled()
  })
})

describe('the callback', () => {
  const query = '/callback?code=secret-code&state=secret-state'

  test('completes the sign-in and leads to returnTo, or else to afterConnect', async () => {
    const { call, connections } = setUp({}, { afterConnect: '/home' })
    const response = await call('GET', query, { ...page, cookie: 'stagedoor_login_new=sealed' })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/home')
    expect(response.headers.getSetCookie()).toEqual(['stagedoor_login_new=; Max-Age=0; Path=/'])
    expect(connections.complete).toHaveBeenCalledWith({
      ownerId: 'alice',
      url: new URL(`${redirectUri}?code=secret-code&state=secret-state`),
      cookies: 'stagedoor_login_new=sealed',
    })
    const complete = async () => ({ connection, returnTo: '/library?page=2', setCookies: [] })
    expect((await setUp({ complete }).call('GET', query, page)).headers.get('location')).toBe('/library?page=2')
  })

  test('a returnTo that is no path of ours leads to afterConnect, even out of a sealed cookie', async () => {
    const complete = async () => ({ connection, returnTo: '//evil.example', setCookies: [] })
    expect((await setUp({ complete }).call('GET', query, page)).headers.get('location')).toBe('/')
  })

  test('parameters given twice reach the check of the callback as they came', async () => {
    const { call, connections } = setUp()
    await call('GET', '/callback?code=a&code=b&state=s', page)
    const [input] = vi.mocked(connections.complete).mock.calls[0]!
    expect(input.url.searchParams.getAll('code')).toEqual(['a', 'b'])
  })

  test('also on the redirect URI’s own path', async () => {
    const connections = connectionsDouble()
    const handle = createHandler({ connections, redirectUri: 'https://app.example/done?x=1' }, { owner: () => 'alice' })
    const response = await handle(new Request('https://inner:80/done?x=1&code=c&state=s'), undefined)
    expect(response.status).toBe(303)
    expect(connections.complete).toHaveBeenCalledWith(
      expect.objectContaining({ url: new URL('https://app.example/done?x=1&code=c&state=s') }),
    )
  })

  test('by POST for a single-page application', async () => {
    const complete = vi.fn<HandlerConnections['complete']>(async () => ({
      connection,
      returnTo: '/library',
      setCookies: ['stagedoor_login_new=; Max-Age=0; Path=/'],
    }))
    const { call } = setUp({ complete })
    const body = JSON.stringify({ code: 'c', state: 's', iss: 'https://accounts.example', error: null, other: 1 })
    const response = await call('POST', '/callback', { 'content-type': 'application/json; charset=utf-8' }, body)
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    const result = (await response.json()) as { connection: Record<string, unknown>; returnTo: string }
    expect(result.returnTo).toBe('/library')
    expect(result.connection).toMatchObject({ ownerId: 'alice', reauthorizeBy: '2024-05-06T12:53:20.000Z' })
    expect(complete.mock.calls[0]![0].url.href).toBe(`${redirectUri}?code=c&state=s&iss=https%3A%2F%2Faccounts.example`)
  })

  test.each([
    ['another media type', 'text/plain', '{}', 415],
    ['no media type', '', '{}', 415],
    ['a form', 'application/x-www-form-urlencoded', 'code=c&state=s', 415],
    ['no JSON', 'application/json', '{', 400],
    ['an empty body', 'application/json', '', 400],
    ['an array', 'application/json', '[]', 400],
    ['null', 'application/json', 'null', 400],
    ['a code that is no string', 'application/json', '{"code":["a","b"],"state":"s"}', 400],
    ['malformed UTF-8', 'application/json', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ['more than 16 KiB', 'application/json', JSON.stringify({ code: 'c'.repeat(17_000) }), 413],
  ])('a body of %s is refused', async (_name, type, body, status) => {
    const { call, connections } = setUp()
    const response = await call('POST', '/callback', { 'content-type': type }, body)
    expect(response.status).toBe(status)
    expect((await problem(response)).status).toBe(status)
    expect(connections.complete).not.toHaveBeenCalled()
  })

  test('a body of more than 16 KiB is refused without its announced length too', async () => {
    const { handle, connections } = setUp()
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(8192).fill(32)),
    })
    const init = {
      method: 'POST',
      headers: { 'x-user': 'a', 'content-type': 'application/json' },
      body,
      duplex: 'half',
    }
    expect((await handle(new Request(`${base}/callback`, init as RequestInit), undefined)).status).toBe(413)
    expect(connections.complete).not.toHaveBeenCalled()
  })

  test('a body announced as larger than 16 KiB is not read at all', async () => {
    const { handle, connections } = setUp()
    const headers = { 'x-user': 'alice', 'content-type': 'application/json', 'content-length': '16385' }
    const request = new Request(`${base}/callback`, { method: 'POST', headers, body: '{"code":"c","state":"s"}' })
    expect((await handle(request, undefined)).status).toBe(413)
    expect(request.bodyUsed).toBe(false)
    expect(connections.complete).not.toHaveBeenCalled()
  })

  test('a property of Object.prototype is not a parameter', async () => {
    const { call, connections } = setUp()
    Object.defineProperty(Object.prototype, 'code', { value: 'polluted', configurable: true })
    try {
      await call('POST', '/callback', { 'content-type': 'application/json' }, '{"state":"s"}')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'code')
    }
    const [input] = vi.mocked(connections.complete).mock.calls[0]!
    expect(input.url.search).toBe('?state=s')
  })

  test('prototype-polluting members count for nothing', async () => {
    const { call, connections } = setUp()
    const body = '{"__proto__":{"code":"c","state":"s"},"constructor":{"prototype":{"polluted":"yes"}}}'
    await call('POST', '/callback', { 'content-type': 'application/json' }, body)
    const [input] = vi.mocked(connections.complete).mock.calls[0]!
    expect(input.url.href).toBe(redirectUri)
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })
})

describe('a callback without a session but with our cookie', () => {
  const query = '/callback?code=c%22%3E&state=s'
  const cookie = 'stagedoor_login_abc=sealed'
  const signedOut = { owner: () => undefined }

  test('results once in a page that repeats the navigation from our origin', async () => {
    const { call, connections } = setUp({}, signedOut)
    const response = await call('GET', query, { ...page, cookie })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const html = await response.text()
    const shown = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(html)?.[1]
    expect(shown).toBe('/api/v1/spotify/callback?code=c%22%3E&amp;state=s&amp;stagedoor_repeated=1')
    const target = shown?.replaceAll('&amp;', '&')
    const again = await call('GET', target!.slice('/api/v1/spotify'.length), { ...page, cookie })
    expect(again.status).toBe(401)
    expect(connections.complete).not.toHaveBeenCalled()
  })

  test('the repeated navigation completes without the mark', async () => {
    const { call, connections } = setUp()
    await call('GET', '/callback?code=c&state=s&stagedoor_repeated=1', { ...page, cookie })
    const [input] = vi.mocked(connections.complete).mock.calls[0]!
    expect(input.url.search).toBe('?code=c&state=s')
  })

  test('without our cookie, for a program or by POST it is 401', async () => {
    const { call } = setUp({}, signedOut)
    expect((await call('GET', query, { ...page, cookie: 'stagedoor_login_=x; other=1' })).status).toBe(401)
    expect((await call('GET', query, { ...program, cookie })).status).toBe(401)
    expect((await call('POST', '/callback', { cookie })).status).toBe(401)
    expect((await call('GET', '/auth', { ...page, cookie })).status).toBe(401)
  })

  test('on https only the cookie with the __Host- prefix is ours', async () => {
    const parts = { connections: connectionsDouble(), redirectUri: 'https://app.example/api/v1/spotify/callback' }
    const handle = createHandler(parts, { owner: () => undefined })
    const ask = (value: string) =>
      handle(new Request(`${parts.redirectUri}?code=c&state=s`, { headers: { ...page, cookie: value } }), undefined)
    expect((await ask(cookie)).status).toBe(401)
    expect((await ask(`__Host-${cookie}`)).status).toBe(200)
  })
})

describe('a sign-in that fails', () => {
  const failing = (error: Error): Partial<HandlerConnections> => ({ complete: () => Promise.reject(error) })
  const denied = () =>
    new LoginError('LOGIN_DENIED', 'The user declined.', { setCookies: ['stagedoor_login_new=; Max-Age=0; Path=/'] })
  const query = '/callback?error=access_denied&state=secret-state'

  test('leads a person to afterError with the code, and clears the cookie', async () => {
    const { call } = setUp(failing(denied()), { afterError: '/oops?from=spotify#top' })
    const response = await call('GET', query, page)
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/oops?from=spotify&error=LOGIN_DENIED#top')
    expect(response.headers.getSetCookie()).toEqual(['stagedoor_login_new=; Max-Age=0; Path=/'])
  })

  test('or else shows a page with advice, under a strict policy', async () => {
    const response = await setUp(failing(denied())).call('GET', query, page)
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'nonce-[\w-]{22}'/)
    const html = await response.text()
    expect(html).toContain('Spotify was not connected')
    expect(html).toContain('href="/api/v1/spotify/auth"')
    expect(html).not.toContain('secret-state')
  })

  test('results in a problem document for a program', async () => {
    const response = await setUp(failing(denied()), { afterError: '/oops' }).call('GET', query, program)
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(await problem(response)).toEqual({
      type: 'urn:stagedoor:problem:LOGIN_DENIED',
      title: 'Spotify was not connected',
      status: 403,
      detail: 'Access was declined. Connect again whenever you like.',
      code: 'LOGIN_DENIED',
    })
  })

  test('a POST always gets a problem document', async () => {
    const headers = { ...page, 'content-type': 'application/json' }
    const response = await setUp(failing(denied()), { afterError: '/oops' }).call('POST', '/callback', headers, '{}')
    expect((await problem(response)).code).toBe('LOGIN_DENIED')
  })

  test.each([
    [new LoginError('LOGIN_STATE_MISMATCH', 'x'), 400],
    [new LoginError('LOGIN_OWNER_MISMATCH', 'x'), 403],
    [new LoginError('LOGIN_UNAVAILABLE', 'x'), 503],
    [new ConnectionError('CONNECTION_NOT_STORED', 'x', { ownerId: 'alice' }), 503],
    [new StoreError('STORE_UNAVAILABLE', 'x'), 503],
    [new VaultError('VAULT_DECRYPT_FAILED', 'x'), 500],
  ])('%s results in %i, and nothing but its code is shown', async (error, status) => {
    error.message = 'message with secret-code'
    const onError = vi.fn()
    const { call } = setUp(failing(error), { onError })
    for (const headers of [page, program]) {
      const response = await call('GET', '/callback?code=secret-code&state=secret-state', headers)
      expect(response.status).toBe(status)
      const text = await response.text()
      expect(text).toContain(error.code)
      expect(text).not.toContain('secret')
      expect(text).not.toContain('.ts')
    }
    expect(onError.mock.calls).toEqual(status >= 500 ? [[error], [error]] : [])
  })

  test('for reasons of our own clears its own cookie and no other', async () => {
    const { call } = setUp(failing(new StoreError('STORE_UNAVAILABLE', 'x')))
    const ids = ['0123456789abcdef', 'fedcba9876543210', '']
    const cookie = ids.map((id) => `stagedoor_login_${id}=sealed`).join('; ')
    const response = await call('GET', `/callback?code=c&state=${ids[0]}${'x'.repeat(32)}`, { ...page, cookie })
    expect(response.status).toBe(503)
    expect(response.headers.getSetCookie()).toEqual([
      'stagedoor_login_0123456789abcdef=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    ])
  })

  test('what the host’s own function throws is left to the host', async () => {
    const failure = new Error('the session database is gone')
    const { call } = setUp({}, { owner: () => Promise.reject(failure) })
    await expect(call('GET', '/health')).rejects.toBe(failure)
    const wrong = setUp({}, { owner: (() => 42) as never })
    await expect(wrong.call('GET', '/health')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('an onError that throws changes nothing', async () => {
    const onError = () => {
      throw new Error('no log')
    }
    const { call } = setUp(failing(new StoreError('STORE_UNAVAILABLE', 'x')), { onError })
    expect((await call('GET', '/callback?code=c&state=s')).status).toBe(503)
  })
})

describe('the connection and its health', () => {
  test('GET connection returns the public members, dates as ISO strings', async () => {
    const get = async () => ({ ...connection, accessToken: 'secret' }) as never
    const response = await setUp({ get }).call('GET', '/connection')
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(text).not.toContain('secret')
    expect(JSON.parse(text)).toEqual({
      connection: {
        ownerId: 'alice',
        provider: 'spotify',
        accountId: 'account-1',
        accountName: 'Alice',
        scopes: ['user-library-read'],
        status: 'connected',
        authorizedAt: '2023-11-14T22:13:20.000Z',
        reauthorizeBy: '2024-05-06T12:53:20.000Z',
        expiresAt: '2023-11-14T23:13:20.000Z',
      },
    })
  })

  test('GET connection without one is 404, to a person too', async () => {
    for (const headers of [page, program]) {
      const response = await setUp({ get: async () => undefined }, { afterError: '/oops' }).call(
        'GET',
        '/connection',
        headers,
      )
      expect(response.status).toBe(404)
      expect((await problem(response)).code).toBe('CONNECTION_NOT_FOUND')
    }
  })

  test('DELETE connection is 204, also when there was none, and names the page for managing apps', async () => {
    const { call, connections } = setUp()
    const response = await call('DELETE', '/connection')
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(response.headers.get('link')).toContain('<https://www.spotify.com/account/apps/>; rel="related"')
    expect(connections.disconnect).toHaveBeenCalledWith('alice')
    const none = await setUp({ disconnect: async () => ({ removed: false }) }).call('DELETE', '/connection')
    expect([none.status, none.headers.get('link')]).toEqual([204, null])
  })

  test('GET health returns the health', async () => {
    const response = await setUp().call('GET', '/health')
    expect(await response.json()).toEqual({
      health: { status: 'healthy', checkedAt: '2023-11-14T22:15:00.000Z', api: { status: 'ok' } },
    })
  })
})

describe('methods', () => {
  test.each([
    ['/auth', 'POST', 'GET, HEAD, OPTIONS'],
    ['/callback', 'DELETE', 'GET, POST, OPTIONS'],
    ['/callback', 'HEAD', 'GET, POST, OPTIONS'],
    ['/connection', 'PUT', 'GET, HEAD, DELETE, OPTIONS'],
    ['/health', 'DELETE', 'GET, HEAD, OPTIONS'],
    ['/health', 'BREW', 'GET, HEAD, OPTIONS'],
  ])('%s by %s is 405 and names what is allowed', async (path, method, allow) => {
    const { call, connections } = setUp()
    const response = await call(method, path)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
    expect(connections.complete).not.toHaveBeenCalled()
  })

  test('HEAD responds as GET, without a body', async () => {
    const { call } = setUp()
    const got = await call('GET', '/connection')
    const head = await call('HEAD', '/connection')
    expect(head.status).toBe(200)
    expect([...head.headers]).toEqual([...got.headers])
    expect(head.body).toBeNull()
    const missing = await setUp({ get: async () => undefined }).call('HEAD', '/connection')
    expect([missing.status, missing.body]).toEqual([404, null])
  })

  test('OPTIONS names the methods and does not call owner', async () => {
    const { call } = setUp({}, { owner: () => Promise.reject(new Error('called')) })
    const response = await call('OPTIONS', '/connection')
    expect(response.status).toBe(204)
    expect(response.headers.get('allow')).toBe('GET, HEAD, DELETE, OPTIONS')
  })

  test('any other path is 404, and a URL beyond 8,192 characters 414', async () => {
    const { call, handle } = setUp()
    expect((await problem(await call('GET', '/nothing'))).code).toBe('HTTP_NOT_FOUND')
    expect((await problem(await call('GET', `/health?${'x'.repeat(1_000_000)}`))).code).toBe('HTTP_URL_TOO_LONG')
    expect(handle.serves(new URL(`${base}/health`))).toBe(true)
    expect(handle.serves(new URL(`${base}/nothing`))).toBe(false)
  })
})

describe('a foreign page', () => {
  const own = 'http://127.0.0.1:3000'
  const listed = 'https://web.example'
  const options = { allowedOrigins: [listed] }
  const json = { 'content-type': 'application/json' }

  test.each([
    ['neither header', {}, true],
    ['our own origin', { origin: own, 'sec-fetch-site': 'same-origin' }, true],
    ['our own origin, without Fetch Metadata', { origin: own }, true],
    ['a listed origin', { origin: listed, 'sec-fetch-site': 'cross-site' }, true],
    ['a person’s own doing', { 'sec-fetch-site': 'none' }, true],
    ['a foreign origin', { origin: 'https://evil.example' }, false],
    ['the same host on another port', { origin: 'http://127.0.0.1:3001' }, false],
    ['the same host by another scheme', { origin: 'https://127.0.0.1:3000' }, false],
    ['a sandboxed page', { origin: 'null' }, false],
    ['an origin that begins like ours', { origin: `${own}.evil.example` }, false],
    ['a cross-site request without Origin', { 'sec-fetch-site': 'cross-site' }, false],
    ['a sibling host without Origin', { 'sec-fetch-site': 'same-site' }, false],
    ['our origin claimed across sites', { origin: own, 'sec-fetch-site': 'cross-site' }, false],
  ])('%s', async (_name, headers, allowed) => {
    for (const [method, path] of [
      ['DELETE', '/connection'],
      ['POST', '/callback'],
    ] as const) {
      const { call, connections } = setUp({}, options)
      const sent = { ...json, ...headers } as Record<string, string>
      const response = await call(method, path, sent, method === 'POST' ? '{"code":"c","state":"s"}' : undefined)
      if (allowed) expect(response.status).toBeLessThan(300)
      else expect((await problem(response)).code).toBe('HTTP_FORBIDDEN_ORIGIN')
      const done =
        vi.mocked(connections.disconnect).mock.calls.length + vi.mocked(connections.complete).mock.calls.length
      expect(done).toBe(allowed ? 1 : 0)
    }
  })

  test('a listed origin may read the responses, errors included; another may not', async () => {
    const { call } = setUp({ get: async () => undefined }, options)
    const allowed = await call('GET', '/connection', { origin: listed })
    expect(allowed.headers.get('access-control-allow-origin')).toBe(listed)
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true')
    expect(allowed.headers.get('vary')).toBe('Origin')
    const foreign = await call('GET', '/connection', { origin: 'https://evil.example' })
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    expect(foreign.headers.get('vary')).toBe('Origin')
  })

  test('a preflight request is accepted for a listed origin only', async () => {
    const { call } = setUp({}, options)
    const allowed = await call('OPTIONS', '/connection', { origin: listed, 'access-control-request-method': 'DELETE' })
    expect(allowed.headers.get('access-control-allow-methods')).toContain('DELETE')
    expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type')
    const foreign = await call('OPTIONS', '/connection', { origin: 'https://evil.example' })
    expect(foreign.headers.get('access-control-allow-methods')).toBeNull()
  })
})
