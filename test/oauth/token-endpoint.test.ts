import { inspect } from 'node:util'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createOAuth } from '../../src/oauth/oauth.ts'
import { spotifyProvider } from '../../src/oauth/providers/spotify.ts'
import { oauthSettings } from '../../src/oauth/settings.ts'
import { createTokenEndpoint, TokenEndpointError } from '../../src/oauth/token-endpoint.ts'

const tokenUrl = 'https://accounts.spotify.com/api/token'
const server = setupServer()
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const now = Date.parse('2026-11-01T00:00:00Z')
const options = { provider: spotifyProvider, clientId: 'client', redirectUri: 'https://app.example/cb', now: () => now }
const endpoint = createTokenEndpoint(oauthSettings(options))
const secret = 'refresh-token-that-must-not-leak'
const refresh = (signal?: AbortSignal) =>
  endpoint.refresh({ refreshToken: secret, scopes: ['kept'] }, signal === undefined ? undefined : { signal })
const respond = (body: string, init: ResponseInit) =>
  server.use(http.post(tokenUrl, () => new HttpResponse(body, init)))
const json = { 'content-type': 'application/json' }

describe('a refresh request', () => {
  it('sends the client id in the body for a public client', async () => {
    let seen: { body: string; authorization: string | null } | undefined
    server.use(
      http.post(tokenUrl, async ({ request }) => {
        seen = { body: await request.text(), authorization: request.headers.get('authorization') }
        return HttpResponse.json({ access_token: 'a', token_type: 'Bearer', expires_in: 3600 })
      }),
    )
    await refresh()
    expect(Object.fromEntries(new URLSearchParams(seen!.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: secret,
      client_id: 'client',
    })
    expect(seen!.authorization).toBeNull()
  })

  it('authenticates a confidential client by Basic and keeps the secret out of the body', async () => {
    let seen: { body: string; authorization: string | null } | undefined
    server.use(
      http.post(tokenUrl, async ({ request }) => {
        seen = { body: await request.text(), authorization: request.headers.get('authorization') }
        return HttpResponse.json({ access_token: 'a', token_type: 'bearer' })
      }),
    )
    await createTokenEndpoint(oauthSettings({ ...options, clientSecret: 'pw' })).clientCredentials()
    expect(seen!.authorization).toBe(`Basic ${btoa('client:pw')}`)
    expect(seen!.body).toBe('grant_type=client_credentials')
  })
})

describe('a response with tokens', () => {
  it('without scope, lifetime and refresh token keeps the scopes and expires after an hour', async () => {
    respond(JSON.stringify({ access_token: 'a', token_type: 'Bearer' }), { headers: json })
    expect(await refresh()).toEqual({ accessToken: 'a', expiresAt: now + 3_600_000, scopes: ['kept'] })
  })

  for (const empty of [null, '']) {
    it(`whose refresh token is ${JSON.stringify(empty)} counts as one without`, async () => {
      const body = { access_token: 'a', token_type: 'Bearer', refresh_token: empty, scope: empty, expires_in: 60 }
      respond(JSON.stringify(body), { headers: json })
      expect(await refresh()).toEqual({ accessToken: 'a', expiresAt: now + 60_000, scopes: ['kept'] })
    })
  }

  it('with a new refresh token returns it', async () => {
    const body = { access_token: 'a', token_type: 'Bearer', refresh_token: 'new', scope: 'x y', expires_in: 3600 }
    respond(JSON.stringify(body), { headers: json })
    expect(await refresh()).toMatchObject({ refreshToken: 'new', scopes: ['x', 'y'] })
  })
})

describe('a response without tokens', () => {
  const cases: readonly [string, ResponseInit, string, TokenEndpointError['kind']][] = [
    [
      '400 invalid_grant, revoked',
      { status: 400, headers: json },
      '{"error":"invalid_grant","error_description":"Refresh token revoked"}',
      'invalid_grant',
    ],
    [
      '400 invalid_grant, expired',
      { status: 400, headers: json },
      '{"error":"invalid_grant","error_description":"Refresh token expired"}',
      'invalid_grant',
    ],
    ['400 invalid_grant as text/plain', { status: 400 }, '{"error":"invalid_grant"}', 'invalid_grant'],
    ['401 invalid_grant', { status: 401, headers: json }, '{"error":"invalid_grant"}', 'transient'],
    [
      '400 invalid_client',
      { status: 400, headers: json },
      '{"error":"invalid_client","error_description":"Invalid client"}',
      'client_rejected',
    ],
    [
      '401 invalid_client with a challenge',
      { status: 401, headers: { ...json, 'www-authenticate': 'Basic realm="x"' } },
      '{"error":"invalid_client"}',
      'client_rejected',
    ],
    ['400 unauthorized_client', { status: 400, headers: json }, '{"error":"unauthorized_client"}', 'client_rejected'],
    ['400 invalid_request', { status: 400, headers: json }, '{"error":"invalid_request"}', 'rejected'],
    [
      '400 of the Web API form',
      { status: 400, headers: json },
      '{"error":{"status":400,"message":"Bad"}}',
      'transient',
    ],
    [
      '403 HTML of the edge',
      { status: 403, headers: { 'content-type': 'text/html' } },
      '<html>no permission</html>',
      'transient',
    ],
    ['429 text', { status: 429, headers: { 'retry-after': '7' } }, 'Too many requests', 'transient'],
    ['500 with invalid_grant', { status: 500, headers: json }, '{"error":"invalid_grant"}', 'transient'],
    ['502 HTML', { status: 502, headers: { 'content-type': 'text/html' } }, '<h1>Bad gateway</h1>', 'transient'],
    ['503 empty', { status: 503 }, '', 'transient'],
    ['408', { status: 408 }, '', 'transient'],
    ['302', { status: 302, headers: { location: 'https://evil.example/' } }, '', 'transient'],
    ['200 HTML', { status: 200, headers: { 'content-type': 'text/html' } }, '<html></html>', 'transient'],
    ['200 empty', { status: 200, headers: json }, '', 'transient'],
    ['200 without a token', { status: 200, headers: json }, '{"token_type":"Bearer"}', 'transient'],
    [
      '200 of another token type',
      { status: 200, headers: json },
      '{"access_token":"tok-visible","token_type":"mac"}',
      'transient',
    ],
    ['200 with an array', { status: 200, headers: json }, '[]', 'transient'],
  ]
  for (const [name, init, body, kind] of cases) {
    it(`${name} is ${kind}`, async () => {
      respond(body, init)
      const error = await refresh().catch((caught) => caught)
      expect(error).toBeInstanceOf(TokenEndpointError)
      expect(error).toMatchObject({ kind, sent: true })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/refresh-token-that|tok-visible/)
    })
  }

  it('429 sets the time of the next attempt', async () => {
    respond('', { status: 429, headers: { 'retry-after': '7' } })
    await expect(refresh()).rejects.toMatchObject({ retryAt: now + 7000 })
  })

  it('a refused connection was never sent, a cut one may have been', async () => {
    const failing = (cause: object) =>
      createTokenEndpoint(
        oauthSettings({
          ...options,
          fetch: () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause })),
        }),
      ).refresh({ refreshToken: secret, scopes: [] })
    await expect(failing({ code: 'ECONNREFUSED' })).rejects.toMatchObject({ kind: 'transient', sent: false })
    await expect(failing({ code: 'ENOTFOUND' })).rejects.toMatchObject({ sent: false })
    await expect(failing({ code: 'ECONNRESET' })).rejects.toMatchObject({ kind: 'transient', sent: true })
    await expect(failing({ errors: [{ code: 'ECONNREFUSED' }, { code: 'ETIMEDOUT' }] })).rejects.toMatchObject({
      sent: true,
    })
  })

  it('an abort by the caller is rethrown unchanged', async () => {
    server.use(http.post(tokenUrl, () => new Promise<never>(() => {})))
    const controller = new AbortController()
    const reason = new Error('mine')
    const waiting = refresh(controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })
})

describe('the public errors', () => {
  const oauth = createOAuth(options)
  it('name who must act', async () => {
    const input = { refreshToken: secret, scopes: [] }
    respond('{"error":"invalid_grant"}', { status: 400 })
    await expect(oauth.refresh(input)).rejects.toMatchObject({ code: 'LOGIN_CODE_REJECTED', retryable: false })
    respond('{"error":"invalid_client"}', { status: 400 })
    await expect(oauth.refresh(input)).rejects.toMatchObject({ code: 'CONFIG_CLIENT_REJECTED' })
    respond('<html>', { status: 502 })
    await expect(oauth.refresh(input)).rejects.toMatchObject({ code: 'LOGIN_UNAVAILABLE', retryable: true })
    await expect(oauth.clientCredentials()).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
  })
})
