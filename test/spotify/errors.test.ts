import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isStagedoorError, SpotifyApiError, type SpotifyClient } from '../../src/spotify/index.ts'
import { fixture } from '../fixtures/fixtures.ts'
import { id, json, scriptedClient } from './support/scripted-client.ts'

const body = (message: string, status: number, reason?: string) =>
  JSON.stringify({ error: { status, message, reason } })

async function failure(
  status: number,
  text: string,
  call: (client: SpotifyClient) => Promise<unknown> = (client) => client.tracks.get(id),
  options: Parameters<typeof scriptedClient>[1] & { headers?: Record<string, string> } = {},
): Promise<SpotifyApiError> {
  const { headers, ...rest } = options
  const { client } = scriptedClient(() => new Response(text, { status, headers: headers ?? {} }), {
    retries: 0,
    ...rest,
  })
  const error = await call(client).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(isStagedoorError(error)).toBe(true)
  return error as SpotifyApiError
}

const play = (client: SpotifyClient) => client.player.play()
const save = (client: SpotifyClient) => client.library.save([`spotify:track:${id}`])

describe('a response without success becomes an error with a code', () => {
  it.each([
    ['an unknown id', 400, body('Invalid base62 id', 400), 'API_BAD_REQUEST'],
    ['too many URIs', 400, body('Too many uris requested', 400), 'API_BAD_REQUEST'],
    ['an empty 400', 400, '', 'API_BAD_REQUEST'],
    ['a page size', 400, body('Invalid limit', 400), 'API_INVALID_LIMIT'],
    ['an expired token', 401, body('The access token expired', 401), 'API_UNAUTHORIZED'],
    ['an OAuth error', 401, '{"error":"invalid_token","error_description":"expired"}', 'API_UNAUTHORIZED'],
    ['a missing scope', 403, body('Insufficient client scope', 403), 'API_MISSING_SCOPE'],
    ['a missing scope, in the older form', 401, body('Permissions missing', 401), 'API_MISSING_SCOPE'],
    ['a user who is not on the list', 403, 'User not registered in the Developer Dashboard', 'API_USER_NOT_ALLOWED'],
    [
      'a user who is not on the list, as JSON',
      403,
      body('User not registered in the Developer Dashboard', 403),
      'API_USER_NOT_ALLOWED',
    ],
    [
      'an owner without Premium',
      403,
      'Active premium subscription required for the owner of the app. When the subscription status changes, it can take a few hours before requests are allowed again.',
      'API_OWNER_NOT_PREMIUM',
    ],
    ['something forbidden', 403, body('Forbidden', 403), 'API_FORBIDDEN'],
    ['HTML of an edge', 403, '<html><body>nope</body></html>', 'API_FORBIDDEN'],
    ['nothing there', 404, body('Resource not found', 404), 'API_NOT_FOUND'],
    ['a method that is not there', 405, '', 'API_BAD_REQUEST'],
    ['a URL that is too long', 414, '<html></html>', 'API_BAD_REQUEST'],
    ['a rate limit as JSON', 429, body('API rate limit exceeded', 429), 'API_RATE_LIMITED'],
    ['a rate limit as text', 429, 'Too many requests', 'API_RATE_LIMITED'],
    ['a rate limit without a body', 429, '', 'API_RATE_LIMITED'],
    ['a quota', 429, body('Too many requests', 429, 'QUOTA_EXCEEDED'), 'API_QUOTA_EXCEEDED'],
    ['a server error', 500, body('Server error.', 500), 'API_SERVER_ERROR'],
    ['a gateway', 502, body('Bad gateway.', 502), 'API_SERVER_ERROR'],
    ['a timeout of the edge', 504, 'upstream request timeout', 'API_SERVER_ERROR'],
    ['a redirect', 302, '', 'API_BAD_RESPONSE'],
  ])('%s', async (_, status, text, code) => {
    const error = await failure(status, text)
    expect(error).toMatchObject({
      code,
      status,
      name: 'SpotifyApiError',
      request: { method: 'GET', path: '/tracks/{id}' },
    })
    expect(Object.keys(error.toJSON()).sort()).toEqual(['code', 'message', 'name', 'retryable'])
  })

  it.each([
    ['no device', 404, 'Player command failed: No active device found', 'NO_ACTIVE_DEVICE', 'API_NO_ACTIVE_DEVICE'],
    ['no Premium', 403, 'Player command failed: Premium required', 'PREMIUM_REQUIRED', 'API_PREMIUM_REQUIRED'],
    ['a restriction', 403, 'Player command failed: Restriction violated', 'UNKNOWN', 'API_FORBIDDEN'],
    ['a paused player', 403, 'Player command failed: Already paused', 'ALREADY_PAUSED', 'API_FORBIDDEN'],
  ])('of the player: %s', async (_, status, message, reason, code) => {
    expect(await failure(status, body(message, status, reason), play)).toMatchObject({ code, reason, status })
  })

  it.each(['playlist_not_found', 'rate_limit'])('as recorded: %s', async (name) => {
    const text = fixture(`spotify/bodies/${name}.json`)
    const { status } = (JSON.parse(text) as { error: { status: number } }).error
    const error = await failure(status, text)
    expect(error.code).toBe(status === 404 ? 'API_NOT_FOUND' : 'API_RATE_LIMITED')
  })
})

describe('an error names what can be done', () => {
  it('about a missing scope: which one, and whether the connection has it', async () => {
    const text = body('Insufficient client scope', 403)
    const unknown = await failure(403, text, play)
    expect(unknown.scopes).toEqual(['user-modify-playback-state'])
    expect(unknown.action).toContain('user-modify-playback-state')
    expect(unknown.action).toContain('not known')
    const granted = await failure(403, text, play, { scopes: ['user-modify-playback-state'] })
    expect(granted.action).toContain('by our record')
  })

  it('about what the dashboard or a subscription solves', async () => {
    expect((await failure(403, 'User not registered in the Developer Dashboard')).action).toContain('User Management')
    expect((await failure(403, 'Active premium subscription required for the owner of the app.')).action).toContain(
      'Premium',
    )
    expect((await failure(404, body('', 404, 'NO_ACTIVE_DEVICE'), play)).action).toContain('device')
  })

  it('about a write that failed on the way', async () => {
    expect((await failure(500, '', save)).action).toContain('read back')
    expect((await failure(500, '')).action).toBeUndefined()
  })

  it("with Spotify's message, without ids, names and addresses", async () => {
    const error = await failure(
      400,
      body(`Unsupported id spotify:track:${id} of "Somebody Else" a.person@example.com 31l77fd87g`, 400),
    )
    expect(error.detail).toContain('Unsupported id')
    expect(inspect(error)).not.toMatch(/4iV5W9|Somebody|example\.com|31l77/)
  })
})

describe('an operation that was removed', () => {
  it('is named, with what to use instead', async () => {
    const error = await failure(403, body('Forbidden', 403), (client) => client.albums.getMany([id]))
    expect(error).toMatchObject({
      code: 'API_ENDPOINT_UNAVAILABLE',
      request: { method: 'GET', path: '/albums' },
      retryable: false,
    })
    expect(error.message).toContain('GET /albums')
    expect(error.action).toContain('albums.get')
    const gone = await failure(404, '', (client) => client.browse.genreSeeds())
    expect(gone).toMatchObject({ code: 'API_ENDPOINT_UNAVAILABLE', status: 404 })
    expect(gone.action).toContain('November 2024')
  })

  it('is not blamed for other refusals', async () => {
    const call = (client: SpotifyClient) => client.albums.getMany([id])
    expect((await failure(403, 'User not registered in the Developer Dashboard', call)).code).toBe(
      'API_USER_NOT_ALLOWED',
    )
    expect((await failure(403, body('Insufficient client scope', 403), call)).code).toBe('API_MISSING_SCOPE')
  })

  it('exists with extended quota, so that it is the object that is missing', async () => {
    const call = (client: SpotifyClient) => client.users.get('nobody')
    expect((await failure(404, body('No such user', 404), call, { appMode: 'extended' })).code).toBe('API_NOT_FOUND')
    expect((await failure(403, body('Forbidden', 403), call, { appMode: 'extended' })).code).toBe(
      'API_ENDPOINT_UNAVAILABLE',
    )
  })
})

describe('retryAt', () => {
  const now = Date.UTC(2026, 9, 1)
  it.each([
    ['seconds', '30', now + 30_000],
    ['a day', '86400', now + 86_400_000],
    ['an HTTP date', 'Thu, 01 Oct 2026 01:00:00 GMT', now + 3_600_000],
    ['absent', undefined, now + 60_000],
    ['negative', '-5', now + 60_000],
    ['garbage', 'soon', now + 60_000],
  ])('is an epoch time, from %s', async (_, after, retryAt) => {
    const headers = after === undefined ? {} : { 'retry-after': after }
    expect(await failure(429, '', undefined, { headers, now: () => now })).toMatchObject({ retryAt })
  })
})

describe('a response of 200 in another form than described', () => {
  it.each([
    ['empty', ''],
    ['HTML', '<!doctype html><html></html>'],
    ['text', 'OK'],
    ['cut off', '{"id":"x","na'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['an error in disguise', '{"error":{"status":500,"message":"x"}}'],
  ])('is an error and never a SyntaxError: %s', async (_, text) => {
    const type = text.startsWith('{') || text.startsWith('[') ? 'application/json' : 'text/html'
    const error = await failure(200, text, undefined, { headers: { 'content-type': type } })
    expect(error).toMatchObject({ code: 'API_BAD_RESPONSE', status: 200, request: { path: '/tracks/{id}' } })
    expect(error.cause).toBeUndefined()
    const page = await failure(200, text, (client) => client.library.tracks().toArray())
    expect(page.code).toBe('API_BAD_RESPONSE')
  })

  it('is read whatever its content type', async () => {
    const { client } = scriptedClient(
      () => new Response(JSON.stringify({ id: 'me' }), { headers: { 'content-type': 'text/plain' } }),
    )
    expect((await client.me.get()).id).toBe('me')
  })

  it('is ignored where the operation has no response body', async () => {
    for (const text of ['', 'AAAAsnapshot', '<html>', '{}']) {
      const { client } = scriptedClient(() => new Response(text))
      expect(await client.player.pause()).toBeUndefined()
      expect(await save(client)).toBeUndefined()
    }
  })
})

describe('what an error shows', () => {
  it('is never the token, the URL or an id', async () => {
    const secret = 'BQDsecretsecretsecret'
    const cause = Object.assign(new TypeError(`failed with Bearer ${secret}`), {
      config: { headers: { authorization: secret } },
    })
    for (const respond of [() => Promise.reject(cause), () => json({}, 500), () => new Response('nope')]) {
      const { spotify } = scriptedClient(respond, { retries: 0 })
      const error = await spotify
        .as(async () => secret)
        .tracks.get(id)
        .catch((error) => error)
      const shown = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${error} ${error.stack}`
      expect(shown).not.toContain(secret)
      expect(shown).not.toContain(id)
    }
  })
})

describe('an error', () => {
  it('is complete, and another one than the error that it names the request of', async () => {
    const original = Object.freeze(
      new SpotifyApiError('API_CIRCUIT_OPEN', 'The circuit is open.', { retryAt: 1, reason: 'PAUSED' }),
    )
    const { spotify } = scriptedClient(() => json({}), { retries: 0 })
    const error = await spotify
      .as(() => Promise.reject(original))
      .tracks.get(id)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'API_CIRCUIT_OPEN',
      retryable: true,
      retryAt: 1,
      reason: 'PAUSED',
      request: { method: 'GET', path: '/tracks/{id}' },
    })
    expect(original.request).toBeUndefined()
  })
})
