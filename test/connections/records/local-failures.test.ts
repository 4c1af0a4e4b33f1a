import { describe, expect, test, vi } from 'vitest'
import { VaultError } from '../../../src/errors.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import { createVault, localKms } from '../../../src/vault/index.ts'
import { createWorld, hour, listen, minute, vaultKey, type World } from '../support/world.ts'

const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`)
const id = { provider: 'spotify', ownerId: 'ada' }

const unreachable: typeof fetch = async () => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('no route'), { code: 'ENETUNREACH' }) })
}
const reset: typeof fetch = async () => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) })
}
const rejecting: typeof fetch = async () => Response.json({ error: 'invalid_client' }, { status: 401 })
const portal: typeof fetch = async () =>
  new Response('<html>Please log in to the network', { headers: { 'content-type': 'text/html' } })
const hanging: typeof fetch = async (_, init) =>
  await new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
  })

const brokenVault = () => ({
  ...createVault({ kms: localKms({ keyId: 'test', key: vaultKey }) }),
  seal: async () => {
    throw new VaultError('VAULT_KMS_DENIED', 'Denied.')
  },
})

const troubles = [
  ['without a route', { fetch: unreachable }],
  ['whose connections are reset', { fetch: reset }],
  ['whose client is rejected', { fetch: rejecting }],
  ['behind a captive portal', { fetch: portal }],
  ['whose key service denies', { vault: brokenVault() }],
] as const

describe.for(troubles)('a process %s', ([, options]) => {
  test('writes nothing about it into the records, and holds no call of another process back', async () => {
    const world = createWorld()
    for (const owner of owners) await world.connect(owner, 0)
    const sick = world.another({ ...options, refresh: { timeout: 100, lease: 1_100 } })
    for (const owner of owners.slice(0, 3)) await expect(sick.accessToken(owner)).rejects.toThrow()
    for (let sweep = 0; sweep < 5; sweep++) {
      await sick.monitor().runOnce()
      world.advance(minute)
    }
    for (const ownerId of owners) {
      expect(await world.store.get({ provider: 'spotify', ownerId })).not.toHaveProperty('failure')
      expect(await world.connections.health(ownerId)).toMatchObject({ status: 'refresh_due' })
    }
    expect(world.names()).toEqual([])
    await Promise.all(owners.map((owner) => world.connections.accessToken(owner)))
    expect(world.names()).toEqual(owners.map(() => 'refreshed'))
  })

  test('says of itself that it is in trouble, and gives a living token to its callers', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada', 4 * minute)
    const sick = world.another(options)
    for (let call = 0; call < 3; call++) expect(await sick.accessToken('ada')).toBe(accessToken)
    await sick.close()
    expect((await world.store.get(id))?.failure).toBeUndefined()
    expect((await world.store.get(id))?.lease).toBeUndefined()
    const { lastError } = await sick.health('ada')
    expect(lastError === undefined || lastError.origin === 'process').toBe(true)
  })
})

test('a process whose token requests hang keeps the lease for its answer, and writes no failure', async () => {
  const world = createWorld()
  await world.connect('ada', 4 * minute)
  const sick = world.another({ fetch: hanging, refresh: { timeout: 50, lease: 1_050 } })
  await sick.accessToken('ada')
  await vi.waitFor(async () => expect((await sick.health('ada')).lastError).toMatchObject({ code: 'API_TIMEOUT' }))
  const record = await world.store.get(id)
  expect(record).not.toHaveProperty('failure')
  expect(record?.lease).toBeDefined()
  await sick.close()
})

test('an endpoint that cannot be reached gets at most six requests a minute, whatever is due', async () => {
  const sent: number[] = []
  const world: World = createWorld({
    fetch: async (input, init) => {
      sent.push(world.now())
      return await unreachable(input, init)
    },
  })
  for (const owner of owners) await world.connect(owner, 0)
  const first = world.now()
  for (let second = 0; second < 600; second++) {
    const call = owners[second % owners.length] ?? ''
    await world.connections.accessToken(call).catch(() => undefined)
    if (second % 60 === 0) await world.connections.monitor().runOnce()
    world.advance(1_000)
  }
  expect(sent.filter((at) => at < first + minute).length).toBeLessThanOrEqual(12)
  for (let from = first + minute; from < world.now(); from += 1_000) {
    expect(sent.filter((at) => at >= from && at < from + minute).length).toBeLessThanOrEqual(6)
  }
  const later = sent.filter((at) => at >= first + minute)
  expect(later.length).toBeGreaterThan(20)
  expect(later.length).toBeLessThanOrEqual(9 * 6)
  const error = await world.connections.accessToken('owner-1').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'CONNECTION_REFRESH_FAILED', retryAt: expect.any(Number) })
})

test('a process that backs off for a connection leaves its check to the monitors of others, and goes on backing off', async () => {
  let sent = 0
  const world = createWorld()
  await world.connect('ada', 0)
  const sick = world.another({
    fetch: async (input, init) => {
      sent += 1
      return await portal(input, init)
    },
  })
  await expect(sick.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED' })
  const before = await world.store.get(id)
  const heard = listen(sick)
  const requests = sent
  expect(await sick.monitor().runOnce()).toMatchObject({ skipped: 1, failed: 0 })
  expect((await world.store.get(id))?.checkAt).toBe(before?.checkAt)
  expect(heard).toEqual([])
  await expect(sick.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED' })
  expect(sent).toBe(requests)
})

test.each([
  ['refuses a refresh token', { status: 400, body: { error: 'invalid_grant' } }],
  ['says that it is overloaded', { status: 503, body: {} }],
] as const)('an endpoint that %s has been reached: no other connection waits', async (_, { status, body }) => {
  let network: typeof fetch = unreachable
  const world = createWorld({ fetch: async (input, init) => await network(input, init) })
  for (const owner of owners) await world.connect(owner, 0)
  for (const owner of owners.slice(0, 3)) await world.connections.accessToken(owner).catch(() => undefined)
  network = async () => Response.json(body, { status })
  world.advance(minute)
  await expect(world.connections.accessToken('owner-4')).rejects.toThrow()
  network = world.fake.fetch
  await expect(world.connections.accessToken('owner-5')).resolves.toBeTypeOf('string')
})

test('a failure of this process is forgotten when the owner signs in again, in whatever process', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  const sick = world.another({ fetch: portal })
  await expect(sick.accessToken('ada')).rejects.toThrow()
  expect(await sick.health('ada')).toMatchObject({ status: 'degraded', lastError: { origin: 'process' } })
  world.advance(1_000)
  await world.connect('ada')
  expect((await sick.health('ada')).lastError).toBeUndefined()
  expect(await sick.health('ada')).toMatchObject({ status: 'healthy' })
})

describe('a second try', () => {
  const passing = [
    ['503', { status: 503 }],
    ['502 as HTML', { status: 502, body: 'html' }],
    ['504', { status: 504 }],
    ['a reset before the response', { cut: 'before' }],
    ['a response that is cut', { cut: 'middle' }],
  ] as const

  test.each(passing)('is made behind one %s, before the caller hears of it', async (_, fault) => {
    const world = createWorld()
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', ...fault })
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
    expect(world.tokenRequests()).toBe(2)
    expect(world.names()).toEqual(['refreshed'])
  })

  test('is made where nothing was sent, even if a spent refresh token were lost', async () => {
    const { refreshTokensRotate: _, ...provider } = spotifyProvider
    let calls = 0
    const world: World = createWorld({
      provider,
      fetch: async (input, init) =>
        calls++ === 0 ? await unreachable(input, init) : await world.fake.fetch(input, init),
    })
    await world.connect('ada', 0)
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
    expect(calls).toBe(2)
  })

  test('is not made after something was sent where refresh tokens may rotate', async () => {
    const { refreshTokensRotate: _, ...provider } = spotifyProvider
    const world = createWorld({ provider })
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', cut: 'before' })
    await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED' })
    expect(world.tokenRequests()).toBe(1)
  })

  test.each([
    ['429', { status: 429, retryAfter: 1 }],
    ['500', { status: 500 }],
    ['400', { status: 400 }],
  ] as const)('is not made after %s', async (_, fault) => {
    const world = createWorld()
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', ...fault })
    await expect(world.connections.accessToken('ada')).rejects.toThrow()
    expect(world.tokenRequests()).toBe(1)
  })
})

describe('a token that lives', () => {
  test('is handed out while another process holds the lease', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada', 4 * minute)
    const record = await world.store.get(id)
    if (record === undefined) throw new Error('no record')
    const lease = { owner: 'frozen', id: 'held', length: 20_000 }
    await world.store.compareAndSet(id, record.revision, { ...record, revision: 'leased', lease })
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      expect(await world.connections.accessToken('ada')).toBe(accessToken)
    } finally {
      vi.useRealTimers()
    }
    expect(world.tokenRequests()).toBe(0)
  })

  test('is handed out by two processes while the token endpoint hangs', async () => {
    const world = createWorld({ fetch: hanging, refresh: { timeout: 1_000, lease: 2_000 } })
    const { accessToken } = await world.connect('ada', 4 * minute)
    const other = world.another()
    const tokens = await Promise.all(
      [1, 2, 3].flatMap(() => [world.connections, other].map((each) => each.accessToken('ada'))),
    )
    expect(new Set(tokens)).toEqual(new Set([accessToken]))
    await Promise.all([world.connections.close(), other.close()])
  })

  test('is refreshed once behind a hundred calls of two processes', async () => {
    const world = createWorld()
    await world.connect('ada', 4 * minute)
    const other = world.another()
    await Promise.all(
      Array.from({ length: 50 }, () => [world.connections, other].map((each) => each.accessToken('ada'))).flat(),
    )
    await vi.waitFor(() => expect(world.names().length).toBeGreaterThan(0))
    await Promise.all([world.connections.close(), other.close()])
    expect(world.tokenRequests()).toBe(1)
  })

  test('gives way to a refresh in front, where work may not outlive the response', async () => {
    const kept: Promise<unknown>[] = []
    const waitUntil = (promise: Promise<unknown>): void => void kept.push(promise)
    const world = createWorld({ refresh: { background: false, waitUntil } })
    const { accessToken } = await world.connect('ada', 4 * minute)
    expect(await world.connections.accessToken('ada')).not.toBe(accessToken)
    expect(kept).toHaveLength(1)
  })

  test('is handed out after a second in front, while the request is kept alive', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const kept: Promise<unknown>[] = []
      const waitUntil = (promise: Promise<unknown>): void => void kept.push(promise)
      const world = createWorld({ refresh: { background: false, waitUntil } })
      const { accessToken } = await world.connect('ada', 4 * minute)
      world.fake.fail({ path: '/api/token', delay: 5_000 })
      const call = world.connections.accessToken('ada')
      await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
      await vi.advanceTimersByTimeAsync(1_000)
      expect(await call).toBe(accessToken)
      world.advance(5_000)
      await Promise.all(kept)
      expect(world.names()).toEqual(['refreshed'])
    } finally {
      vi.useRealTimers()
    }
  })

  test('is not handed out again if the API rejected that very token', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada', hour)
    expect(await world.connections.accessToken('ada', { rejected: accessToken })).not.toBe(accessToken)
  })
})
