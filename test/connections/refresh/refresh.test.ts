import { expect, test, vi } from 'vitest'
import { createWorld, hour, minute } from '../support/world.ts'

test('a token that lives is handed out without a request', async () => {
  const world = createWorld()
  const { accessToken } = await world.connect('ada')
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  expect(world.tokenRequests()).toBe(0)
})

test('a token with five minutes left is handed out and refreshed behind the call', async () => {
  const world = createWorld()
  const { accessToken } = await world.connect('ada')
  world.advance(55 * minute - 1)
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  world.advance(1)
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']))
  const fresh = await world.connections.accessToken('ada')
  expect(fresh).not.toBe(accessToken)
  expect(await world.connections.accessToken('ada')).toBe(fresh)
  expect(world.tokenRequests()).toBe(1)
})

test('a hundred callers of one process and a hundred of another make one token request', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  const other = world.another()
  const calls = Array.from({ length: 100 }, () => [
    world.connections.accessToken('ada'),
    other.accessToken('ada'),
  ]).flat()
  const tokens = new Set(await Promise.all(calls))
  expect(tokens.size).toBe(1)
  expect(world.tokenRequests()).toBe(1)
})

test('a refresh response without a refresh token keeps the old one', async () => {
  const world = createWorld({ fakeOptions: { rotation: 'never' } })
  await world.connect('ada', 0)
  const before = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
  await world.connections.accessToken('ada')
  const after = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
  expect(after?.refreshToken).toEqual(before?.refreshToken)
  world.advance(hour)
  await world.connections.accessToken('ada')
  expect(world.tokenRequests()).toBe(2)
})

test('a rotated refresh token is stored and used the next time', async () => {
  const world = createWorld({ fakeOptions: { rotation: 'always' } })
  await world.connect('ada', 0)
  for (let round = 0; round < 4; round++) {
    await world.connections.accessToken('ada')
    world.advance(hour)
  }
  expect(world.tokenRequests()).toBe(4)
  expect((await world.connections.health('ada')).status).toBe('refresh_due')
  expect(world.events.every(({ payload }) => 'rotated' in payload && payload.rotated)).toBe(true)
})

test('a response without scope and expires_in keeps the scopes and assumes an hour', async () => {
  const world = createWorld()
  const tokens = world.fake.issue()
  await world.connections.adopt({ ownerId: 'ada', tokens: { ...tokens, scopes: ['a-scope'], expiresAt: world.now() } })
  world.fake.fail({
    path: '/api/token',
    status: 200,
    body: { content: '{"access_token":"bare","token_type":"Bearer"}', type: 'application/json' },
  })
  expect(await world.connections.accessToken('ada')).toBe('bare')
  const connection = await world.connections.get('ada')
  expect(connection?.scopes).toEqual(['a-scope'])
  expect(connection?.expiresAt.getTime()).toBe(world.now() + hour)
})

test('invalid_grant ends the connection once, and its tokens stay sealed in the record', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  world.fake.revoke()
  const other = world.another()
  const calls = [1, 2, 3].flatMap(() => [world.connections.accessToken('ada'), other.accessToken('ada')])
  for (const result of await Promise.allSettled(calls)) {
    expect(result).toMatchObject({
      status: 'rejected',
      reason: { code: 'CONNECTION_NEEDS_REAUTH', retryable: false, ownerId: 'ada' },
    })
  }
  const record = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
  expect(record?.status).toBe('needs_reauth')
  expect(record?.refreshToken).toBeDefined()
  expect(record?.lease).toBeUndefined()
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_NEEDS_REAUTH' })
  expect(world.tokenRequests()).toBe(1)
  expect((await world.connections.health('ada')).status).toBe('needs_reauth')
})

test('the end of a connection is emitted once, in the process that found it', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  world.fake.revoke()
  await Promise.allSettled([1, 2, 3].map(() => world.connections.accessToken('ada')))
  expect(world.names()).toEqual(['needs_reauth'])
})

test('invalid_client is the developer’s error and touches no token', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  const before = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
  world.fake.fail({
    path: '/api/token',
    times: 2,
    status: 400,
    body: { content: '{"error":"invalid_client","error_description":"Invalid client"}', type: 'application/json' },
  })
  const error = await world.connections.accessToken('ada').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name: 'ConfigError', code: 'CONFIG_CLIENT_REJECTED' })
  const after = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
  expect(after).toMatchObject({ accessToken: before?.accessToken, refreshToken: before?.refreshToken })
  expect(after?.status).toBe('connected')
  world.fake.faults[0]?.remove()
  world.advance(10 * minute)
  await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
})

test('a rejected client takes no living token from a caller, and is reported', async () => {
  const world = createWorld()
  const { accessToken } = await world.connect('ada', 4 * minute)
  const body = { content: '{"error":"unauthorized_client"}', type: 'application/json' }
  world.fake.fail({ path: '/api/token', status: 400, body })
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  await vi.waitFor(() => expect(world.events[0]?.payload).toMatchObject({ code: 'CONFIG_CLIENT_REJECTED' }))
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  expect(await world.connections.health('ada')).toMatchObject({
    status: 'degraded',
    lastError: { code: 'CONFIG_CLIENT_REJECTED', origin: 'process' },
  })
})

const json = (content: string) => ({ content, type: 'application/json' })
/** What no connection ends for. Only what the server itself said is kept in the record. */
const passing = [
  ['408', 'process', { status: 408 }],
  ['429 with a plain text body', 'provider', { status: 429, body: 'text', retryAfter: 3 }],
  ['429 without Retry-After', 'provider', { status: 429, body: 'empty' }],
  ['500', 'provider', { status: 500 }],
  ['502 as HTML', 'provider', { status: 502, body: 'html' }],
  ['503 empty', 'provider', { status: 503, body: 'empty' }],
  ['503 with invalid_grant in it', 'provider', { status: 503, body: json('{"error":"invalid_grant"}') }],
  ['HTML with 200', 'process', { status: 200, body: 'html' }],
  ['an empty 200', 'process', { status: 200, body: 'empty' }],
  ['a 200 without a token', 'process', { status: 200, body: json('{}') }],
  ['a 200 that is not JSON', 'process', { status: 200, body: json('{"access_token":') }],
  ['403 as HTML from the edge', 'process', { status: 403, body: 'html' }],
  ['401 with invalid_grant', 'process', { status: 401, body: json('{"error":"invalid_grant"}') }],
  ['400 without a body', 'process', { status: 400, body: 'empty' }],
  ['400 with an unknown error', 'process', { status: 400, body: json('{"error":"quite_new"}') }],
  ['400 invalid_request', 'process', { status: 400, body: json('{"error":"invalid_request"}') }],
  ['a connection that is cut', 'process', { cut: 'before' }],
  ['a response that breaks off', 'process', { cut: 'middle' }],
] as const

test.each(passing)('%s ends no connection', async (_name, origin, fault) => {
  const world = createWorld()
  const { accessToken } = await world.connect('ada', 4 * minute)
  world.fake.fail({ path: '/api/token', times: Number.POSITIVE_INFINITY, ...fault })
  const kept = origin === 'provider'
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  const failed = ['refresh_failed', ...(kept ? ['degraded'] : [])]
  await vi.waitFor(() => expect(world.names()).toEqual(failed), 5000)
  expect(await world.connections.health('ada')).toMatchObject({
    status: 'degraded',
    lastError: { attempts: 1, origin },
  })
  const elsewhere = await world.another().health('ada')
  expect(elsewhere.status).toBe(kept ? 'degraded' : 'refresh_due')
  world.advance(4 * minute)
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({
    code: 'CONNECTION_REFRESH_FAILED',
    retryable: true,
  })
  world.fake.faults[0]?.remove()
  world.advance(10 * minute)
  await expect(world.connections.accessToken('ada')).resolves.not.toBe(accessToken)
  expect(world.names()).toEqual([...failed, 'refresh_failed', 'refreshed', ...(kept ? ['recovered'] : [])])
  expect((await world.connections.health('ada')).status).toBe('healthy')
})

test('while a refresh is backing off no request is made, and the old token is used as long as it lives', async () => {
  const world = createWorld()
  const { accessToken } = await world.connect('ada', 4 * minute)
  world.fake.fail({ path: '/api/token', times: 99, status: 503, retryAfter: 120 })
  for (let call = 0; call < 20; call++) expect(await world.connections.accessToken('ada')).toBe(accessToken)
  await vi.waitFor(() => expect(world.names()).toContain('refresh_failed'), 5000)
  const requests = world.tokenRequests()
  for (let call = 0; call < 20; call++) expect(await world.connections.accessToken('ada')).toBe(accessToken)
  world.advance(119_000)
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  await world.connections.health('ada')
  expect(world.tokenRequests()).toBe(requests)
  world.advance(1000)
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  await vi.waitFor(() => expect(world.tokenRequests()).toBeGreaterThan(requests))
})

test('a burst of 401s costs one refresh', async () => {
  const world = createWorld()
  const { accessToken } = await world.connect('ada')
  const burst = await Promise.all(
    Array.from({ length: 50 }, () => world.connections.accessToken('ada', { rejected: accessToken })),
  )
  expect(new Set(burst).size).toBe(1)
  expect(burst[0]).not.toBe(accessToken)
  expect(await world.connections.accessToken('ada', { rejected: accessToken })).toBe(burst[0])
  expect(await world.another().accessToken('ada', { rejected: accessToken })).toBe(burst[0])
  expect(world.tokenRequests()).toBe(1)
})

test('a rejected token is not handed out again when the refresh fails', async () => {
  const world = createWorld()
  const { accessToken } = await world.connect('ada')
  world.fake.fail({ path: '/api/token', status: 500, times: 9 })
  await expect(world.connections.accessToken('ada', { rejected: accessToken })).rejects.toMatchObject({
    code: 'CONNECTION_REFRESH_FAILED',
  })
  await expect(world.connections.accessToken('ada', { rejected: accessToken })).rejects.toMatchObject({
    code: 'CONNECTION_REFRESH_FAILED',
  })
  expect(world.tokenRequests()).toBe(1)
})

test('an abort ends the wait of its caller with the caller’s reason, and no other’s', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  world.fake.fail({ path: '/api/token', delay: 1000 })
  const aborting = new AbortController()
  const reason = new Error('the browser went away')
  const first = world.connections.accessToken('ada', { signal: aborting.signal })
  const second = world.connections.accessToken('ada')
  await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
  aborting.abort(reason)
  await expect(first).rejects.toBe(reason)
  world.advance(1000)
  await expect(second).resolves.toBeTypeOf('string')
  expect(world.tokenRequests()).toBe(1)
})

test('a refresh whose callers have all gone is finished and stored', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  world.fake.fail({ path: '/api/token', delay: 1000 })
  const aborting = new AbortController()
  const call = world.connections.accessToken('ada', { signal: aborting.signal })
  await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
  aborting.abort()
  await expect(call).rejects.toThrow()
  world.advance(1000)
  await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']))
  await world.connections.accessToken('ada')
  expect(world.tokenRequests()).toBe(1)
})

test('a caller that was aborted before it called makes no request', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  await expect(world.connections.accessToken('ada', { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
  expect(world.tokenRequests()).toBe(0)
})

test('an unknown owner has no connection', async () => {
  const { connections } = createWorld()
  await expect(connections.accessToken('stranger')).rejects.toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
  await expect(connections.accessToken('')).rejects.toMatchObject({ name: 'TypeError', code: 'INVALID_ARGUMENT' })
})

test('a connection without a refresh token lives as long as its access token', async () => {
  const world = createWorld()
  const { refreshToken: _, ...tokens } = world.fake.issue()
  await world.connections.adopt({ ownerId: 'ada', tokens })
  expect(await world.connections.accessToken('ada')).toBe(tokens.accessToken)
  expect((await world.connections.get('ada'))?.reauthorizeBy.getTime()).toBe(world.now())
  world.advance(hour - 1)
  await world.connections.monitor().runOnce()
  expect(await world.connections.accessToken('ada')).toBe(tokens.accessToken)
  world.advance(1)
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_NEEDS_REAUTH' })
  expect(world.tokenRequests()).toBe(0)
})

test('a response with values that no store could keep does not cost its tokens', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  const body = { access_token: 'fresh', token_type: 'Bearer', expires_in: 1e300, scope: `fine ${'x'.repeat(300)} \0` }
  world.fake.fail({
    path: '/api/token',
    status: 200,
    body: { content: JSON.stringify(body), type: 'application/json' },
  })
  expect(await world.connections.accessToken('ada')).toBe('fresh')
  expect((await world.connections.get('ada'))?.scopes).toEqual(['fine'])
})

test('a short-lived response is used for half of its life instead of being refreshed at every call', async () => {
  const world = createWorld({ fakeOptions: { accessTokenLifetime: 120 } })
  await world.connect('ada', 0)
  const fresh = await world.connections.accessToken('ada')
  world.advance(59_000)
  expect(await world.connections.accessToken('ada')).toBe(fresh)
  world.advance(1000)
  expect(await world.connections.accessToken('ada')).toBe(fresh)
  await vi.waitFor(async () => expect(await world.connections.accessToken('ada')).not.toBe(fresh))
})

test('an event carries an id of its own, which another telling of the same transition repeats', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  world.fake.fail({ path: '/api/token', status: 500 })
  await world.connections.accessToken('ada').catch(() => undefined)
  world.advance(minute)
  await world.connections.accessToken('ada')
  const ids = world.events.map(({ payload }) => 'id' in payload && payload.id)
  expect(new Set(ids).size).toBe(4)
  expect(world.events[0]?.payload).toMatchObject({ ownerId: 'ada', provider: 'spotify', code: 'API_SERVER_ERROR' })
})
