import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { StoredConnection, TokenStore } from '../../../src/stores/store.ts'
import { createWorld, hour, minute, start, type World } from '../support/world.ts'

const id = { provider: 'spotify', ownerId: 'ada' }

type Changes = { readonly [K in keyof StoredConnection]?: StoredConnection[K] | undefined }

/** The record as it is, changed as by another writer. */
async function rewrite(store: TokenStore, changes: (record: StoredConnection) => Changes) {
  const record = await store.get(id)
  if (record === undefined) throw new Error('no record')
  const next = { ...record, ...changes(record), revision: crypto.randomUUID() }
  const defined = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined))
  expect(await store.compareAndSet(id, record.revision, defined as unknown as StoredConnection)).toBe(true)
}

/** Starts a refresh whose response waits at the token endpoint until the returned function is called. */
async function slowRefresh(world: World, connections = world.connections) {
  const before = world.tokenRequests()
  world.fake.fail({ path: '/api/token', delay: 1000 })
  const call = connections.accessToken('ada')
  call.catch(() => {})
  await vi.waitFor(() => expect(world.tokenRequests()).toBe(before + 1))
  return { call, respond: () => world.advance(1000) }
}

describe('a write that comes between a lease and its response', () => {
  test('does not cost the rotated token: the response is applied to the new revision', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    await rewrite(world.store, () => ({ accountName: 'Ada', nextCheckAt: 42 }))
    respond()
    await call
    expect((await world.store.get(id))?.accountName).toBe('Ada')
    world.advance(hour)
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
    expect((await world.connections.get('ada'))?.status).toBe('connected')
  })

  test('a resealed refresh token is still the one that was sent', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    const { refreshToken } = await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    const elsewhere = createWorld({ store: memoryStore({ now: world.now }) })
    const tokens = { accessToken: 'x', refreshToken, expiresAt: start, scopes: [] }
    await elsewhere.connections.adopt({ ownerId: 'ada', tokens })
    const resealed = await elsewhere.store.get(id)
    await rewrite(world.store, () => ({ refreshToken: resealed?.refreshToken }))
    respond()
    await call
    world.advance(hour)
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
  })

  test('a reconnection wins: the late response is dropped and its callers get the new grant’s token', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    world.advance(1)
    await world.signIn('ada')
    const mine = await world.connections.accessToken('ada')
    const revision = (await world.store.get(id))?.revision
    respond()
    expect(await call).toBe(mine)
    expect((await world.store.get(id))?.revision).toBe(revision)
  })

  test('a reconnection from another process wins too, even when the old grant is refused', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: 1000, invalidGrant: true })
    const call = world.connections.accessToken('ada')
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    const other = world.another()
    await other.adopt({ ownerId: 'ada', tokens: world.fake.issue(), authorizedAt: new Date(world.now() + 1) })
    world.advance(1000)
    expect(await call).toBe(await other.accessToken('ada'))
    expect((await other.get('ada'))?.status).toBe('connected')
    expect(world.names()).not.toContain('needs_reauth')
  })

  test('a reconnection that was given the same refresh token again wins as well', async () => {
    const world = createWorld()
    const { refreshToken } = await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    const tokens = { accessToken: 'newer', refreshToken, expiresAt: world.now() + minute, scopes: [] }
    world.advance(1)
    await world.connections.adopt({ ownerId: 'ada', tokens, authorizedAt: new Date(world.now()) })
    const revision = (await world.store.get(id))?.revision
    respond()
    await call
    await world.connections.close()
    expect(world.names().filter((name) => name === 'refreshed')).toHaveLength(1)
    expect((await world.store.get(id))?.revision).not.toBe(revision)
    expect(world.tokenRequests()).toBe(2)
  })

  test('a disconnect wins: nothing brings the record back', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    expect(await world.connections.disconnect('ada')).toMatchObject({ removed: true })
    respond()
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
    expect(await world.store.get(id)).toBeUndefined()
    expect(world.names()).toEqual(['removed'])
  })

  test('a disconnect and a new connection within one lease leave the new one alone', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    await world.connections.disconnect('ada')
    const tokens = world.fake.issue()
    await world.connections.adopt({ ownerId: 'ada', tokens, authorizedAt: new Date(world.now()) })
    respond()
    expect(await call).toBe(tokens.accessToken)
  })
})

describe('a late response', () => {
  test('overwrites a needs_reauth mark that was made from the same refresh token', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    await rewrite(world.store, () => ({
      status: 'needs_reauth',
      lease: undefined,
      failure: { code: 'CONNECTION_NEEDS_REAUTH', at: world.now(), attempts: 1 },
    }))
    respond()
    await call
    expect((await world.connections.get('ada'))?.status).toBe('connected')
    expect(world.names()).toEqual(['refreshed', 'recovered'])
  })

  test('leaves the live lease of the process that took over in place', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    const lease = { owner: 'someone else', id: 'another lease' }
    const nextCheckAt = world.now() + 15_000
    await rewrite(world.store, () => ({ lease: { ...lease, length: 15_000 }, nextCheckAt }))
    respond()
    await call
    expect(await world.store.get(id)).toMatchObject({ lease, leaseLeft: 14_000, nextCheckAt, refreshedAt: world.now() })
  })

  test('brings its rotated refresh token into a record that another process has refreshed since', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    await rewrite(world.store, () => ({
      lease: undefined,
      expiresAt: world.now() + 2 * hour,
      refreshedAt: world.now(),
    }))
    respond()
    await call
    world.advance(2 * hour)
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
  })

  test('without a new refresh token does not shorten the life of a newer access token', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    const expiresAt = world.now() + 2 * hour
    await rewrite(world.store, () => ({ lease: undefined, expiresAt, refreshedAt: world.now() }))
    respond()
    expect(await call).toBe(accessToken)
    expect((await world.store.get(id))?.expiresAt).toBe(expiresAt)
  })

  test('of a refresh token that is no longer stored is dropped', async () => {
    const world = createWorld({ fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    const elsewhere = createWorld({ store: memoryStore({ now: world.now }) })
    await elsewhere.connections.adopt({ ownerId: 'ada', tokens: { ...world.fake.issue(), expiresAt: start + hour } })
    const other = await elsewhere.store.get(id)
    await rewrite(world.store, () => ({
      accessToken: other?.accessToken,
      refreshToken: other?.refreshToken,
      expiresAt: start + hour,
      lease: undefined,
    }))
    respond()
    expect(await call).toBe(await world.another().accessToken('ada'))
    expect((await world.store.get(id))?.refreshToken).toEqual(other?.refreshToken)
  })
})

describe('invalid_grant', () => {
  test('is not believed when the store holds another refresh token by now', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: 1000, invalidGrant: true })
    const call = world.connections.accessToken('ada')
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    const elsewhere = createWorld({ store: memoryStore({ now: world.now }) })
    await elsewhere.connections.adopt({ ownerId: 'ada', tokens: world.fake.issue() })
    const other = await elsewhere.store.get(id)
    await rewrite(world.store, () => ({ refreshToken: other?.refreshToken, lease: undefined }))
    world.advance(1000)
    await expect(call).resolves.toBeTypeOf('string')
    expect(world.tokenRequests()).toBe(2)
    expect(world.names()).toEqual(['refreshed'])
  })

  test('does not end a grant that was given anew with the same refresh token', async () => {
    const world = createWorld()
    const { refreshToken } = await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: 1000, invalidGrant: true })
    const call = world.connections.accessToken('ada')
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    const tokens = { accessToken: 'newer', refreshToken, expiresAt: world.now() + hour, scopes: [] }
    await world.another().adopt({ ownerId: 'ada', tokens, authorizedAt: new Date(world.now() + 1) })
    world.advance(1000)
    expect(await call).toBe('newer')
    expect(world.names()).toEqual([])
  })

  test('does not end a connection whose refresh token has just done good service elsewhere', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: 1000, invalidGrant: true })
    const call = world.connections.accessToken('ada')
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    await rewrite(world.store, () => ({ lease: undefined, expiresAt: world.now() + hour, refreshedAt: world.now() }))
    world.advance(1000)
    expect(await call).toBe(accessToken)
    expect(world.names()).toEqual([])
  })

  test('is emitted by one process only when two of them found it', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: 1000, invalidGrant: true })
    const call = world.connections.accessToken('ada')
    call.catch(() => {})
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    const failure = { code: 'CONNECTION_NEEDS_REAUTH', at: world.now(), attempts: 1 }
    await rewrite(world.store, () => ({ status: 'needs_reauth', lease: undefined, failure }))
    world.advance(1000)
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_NEEDS_REAUTH' })
    expect(world.names()).toEqual([])
  })

  test('does not end a connection that another process is refreshing at this moment', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: 1000, invalidGrant: true })
    const call = world.connections.accessToken('ada')
    call.catch(() => {})
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    const lease = { owner: 'someone else', id: 'another lease', length: 15_000 }
    await rewrite(world.store, () => ({ lease }))
    world.advance(1000)
    await vi.waitFor(() => expect(world.fake.requests.last?.status).toBe(400))
    await rewrite(world.store, ({ accessToken }) => ({
      accessToken,
      lease: undefined,
      expiresAt: world.now() + hour,
      refreshedAt: world.now(),
    }))
    await expect(call).resolves.toBeTypeOf('string')
    expect((await world.connections.get('ada'))?.status).toBe('connected')
  })
})

describe('a lease', () => {
  test('of another process is waited for, and what it stored is used', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada', 0)
    await rewrite(world.store, () => ({ lease: { owner: 'someone else', id: 'another lease', length: 15_000 } }))
    const call = world.connections.accessToken('ada')
    await new Promise((resolve) => setTimeout(resolve, 60))
    await rewrite(world.store, () => ({ lease: undefined, expiresAt: world.now() + hour }))
    expect(await call).toBe(accessToken)
    expect(world.tokenRequests()).toBe(0)
  })

  test('that is over is taken over', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    await rewrite(world.store, () => ({ lease: { owner: 'a dead process', id: 'left behind', length: 15_000 } }))
    const call = world.connections.accessToken('ada')
    world.advance(15_000)
    await expect(call).resolves.toBeTypeOf('string')
    expect(world.tokenRequests()).toBe(1)
  })

  test('further ahead than a lease lasts is ignored', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    await rewrite(world.store, () => ({ lease: { owner: 'another clock', id: 'far ahead', length: hour } }))
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
  })

  test('is not used for a request that would outlast it: it is given back and taken anew', async () => {
    const memory = memoryStore({ now: () => world.now() })
    let slow = true
    const leases: string[] = []
    const store: TokenStore = {
      ...memory,
      async compareAndSet(at, expected, next, options) {
        const won = await memory.compareAndSet(at, expected, next, options)
        const lease = next?.status === 'removed' ? undefined : next?.lease
        if (lease !== undefined) leases.push(lease.id)
        if (slow && lease !== undefined) {
          slow = false
          world.advance(11_000)
        }
        return won
      },
    }
    const world = createWorld({ store })
    await world.connect('ada', 0)
    await world.connections.accessToken('ada')
    expect(world.tokenRequests()).toBe(1)
    expect(new Set(leases).size).toBe(2)
    expect((await memory.get(id))?.lease).toBeUndefined()
  })

  test('leaves the next check where it is, so that taking it changes no indexed column', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    const before = await world.store.get(id)
    const { call, respond } = await slowRefresh(world)
    const record = await world.store.get(id)
    expect(record).toMatchObject({ leaseLeft: 20_000, nextCheckAt: before?.nextCheckAt })
    respond()
    await call
  })

  test('moves the next check to its end where monitors cannot reserve what is due', async () => {
    const { reserve: _, ...store } = memoryStore({ now: () => world.now() })
    const world = createWorld({ store })
    await world.connect('ada', 0)
    const { call, respond } = await slowRefresh(world)
    const record = await world.store.get(id)
    expect(record).toMatchObject({ leaseLeft: 20_000, nextCheckAt: world.now() + 20_000 })
    respond()
    await call
  })
})

describe('a token request that takes too long', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => vi.useRealTimers())

  test('is repeated once, after the end of its lease', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: hour })
    const begun = world.now()
    const call = world.connections.accessToken('ada')
    const pass = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 500) {
        world.advance(500)
        await vi.advanceTimersByTimeAsync(500)
      }
    }
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    await pass(12_000)
    await vi.waitFor(() => expect(world.names()).toEqual(['refresh_failed']))
    expect((await world.store.get(id))?.leaseLeft).toBe(begun + 20_000 - world.now())
    await pass(7000)
    expect(world.tokenRequests()).toBe(1)
    await pass(3000)
    await expect(call).resolves.toBeTypeOf('string')
    const times = world.fake.requests.matching({ path: '/api/token' }).map(({ at }) => at - begun)
    expect(times).toHaveLength(2)
    expect(times[1]).toBeGreaterThanOrEqual(20_000)
    expect(world.names()).toEqual(['refresh_failed', 'refreshed'])
  })

  test('hands out the old token when that still lives', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada', 4 * minute)
    world.fake.fail({ path: '/api/token', delay: hour })
    const call = world.connections.accessToken('ada')
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await call).toBe(accessToken)
    expect(await world.connections.accessToken('ada')).toBe(accessToken)
    expect(world.tokenRequests()).toBe(1)
  })

  test('can still bring a response where fetch does not heed its signal, and is then not repeated', async () => {
    const world = createWorld({
      fakeOptions: { rotation: 'always' },
      fetch: (input, init) => world.fake.fetch(input, { ...init, signal: null }),
    })
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: 15_000 })
    const call = world.connections.accessToken('ada')
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    await vi.advanceTimersByTimeAsync(10_000)
    await vi.waitFor(() => expect(world.names()).toEqual(['refresh_failed']))
    world.advance(15_000)
    await vi.waitFor(() => expect(world.names()).toContain('refreshed'))
    await vi.advanceTimersByTimeAsync(10_000)
    await expect(call).resolves.toBeTypeOf('string')
    expect(world.tokenRequests()).toBe(1)
  })

  test('is not repeated when the store turns out to have the response', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', delay: hour })
    const call = world.connections.accessToken('ada')
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    await vi.advanceTimersByTimeAsync(10_000)
    await rewrite(world.store, () => ({ expiresAt: world.now() + hour, lease: undefined }))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await call).toBe(accessToken)
    expect(world.tokenRequests()).toBe(1)
  })
})
