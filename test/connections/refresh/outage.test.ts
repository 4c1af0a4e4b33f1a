import { describe, expect, test, vi } from 'vitest'
import { StoreError, VaultError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { localKms } from '../../../src/vault/kms/local.ts'
import { createVault } from '../../../src/vault/vault.ts'
import { createWorld, hour, listen, minute, start, vaultKey, type World } from '../support/world.ts'

const id = { provider: 'spotify', ownerId: 'ada' }
const away = () => new StoreError('STORE_UNAVAILABLE', 'The database is away.')

/** A store that can be taken down, wholly or for writes of one kind. */
function fragileStore() {
  const memory = memoryStore()
  const state = { down: false, reads: 0, refuse: (_next: unknown): 'before' | 'after' | undefined => undefined }
  const store: TokenStore = {
    ...memory,
    async get(...input) {
      state.reads += 1
      if (state.down) throw away()
      return await memory.get(...input)
    },
    async compareAndSet(...input) {
      const refused = state.refuse(input[2])
      if (state.down || refused === 'before') throw away()
      const won = await memory.compareAndSet(...input)
      if (refused === 'after') throw away()
      return won
    },
  }
  return { store, memory, state }
}

async function slowRefresh(world: World) {
  const before = world.tokenRequests()
  world.fake.fail({ path: '/api/token', delay: 1000 })
  const call = world.connections.accessToken('ada')
  call.catch(() => {})
  await vi.waitFor(() => expect(world.tokenRequests()).toBe(before + 1))
  return { call }
}

describe('a store that fails when the new token has come', () => {
  test('gets it later: the write goes on, and no caller has the token before', async () => {
    const { store, state } = fragileStore()
    const world = createWorld({ store, fakeOptions: { rotation: 'always' }, refresh: { timeout: 100, lease: 1100 } })
    await world.connect('ada', 0)
    const { call } = await slowRefresh(world)
    state.down = true
    world.advance(1000)
    const error = await call.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'ConnectionError', code: 'CONNECTION_NOT_STORED', retryable: true })
    const again = world.connections.accessToken('ada')
    again.catch(() => {})
    state.down = false
    await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']), { timeout: 5000 })
    await again.catch(() => undefined)
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
    expect(world.tokenRequests()).toBe(1)
    world.advance(hour)
    await world.connections.accessToken('ada')
    expect((await world.connections.get('ada'))?.status).toBe('connected')
  })

  test('is outlasted within the call when it is back soon enough', async () => {
    const { store, state } = fragileStore()
    const world = createWorld({ store, fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call } = await slowRefresh(world)
    state.down = true
    world.advance(1000)
    setTimeout(() => {
      state.down = false
    }, 100)
    await expect(call).resolves.toBeTypeOf('string')
    expect(world.names()).toEqual(['refreshed'])
  })

  test('hands out the old token meanwhile, if that still lives', async () => {
    const { store, state } = fragileStore()
    const world = createWorld({ store, fakeOptions: { rotation: 'always' }, refresh: { timeout: 100, lease: 1100 } })
    const { accessToken } = await world.connect('ada', 4 * minute)
    const { call } = await slowRefresh(world)
    state.down = true
    world.advance(1000)
    expect(await call).toBe(accessToken)
    expect(await world.connections.accessToken('ada').catch(({ code }) => code)).toBe(accessToken)
    state.down = false
    await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']), { timeout: 5000 })
  })

  test('but had taken the write is found out, and the refresh is emitted once', async () => {
    const { store, state } = fragileStore()
    const world = createWorld({ store, fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call } = await slowRefresh(world)
    let first = true
    state.refuse = () => {
      const response = first ? 'after' : undefined
      first = false
      return response
    }
    world.advance(1000)
    await expect(call).resolves.toBeTypeOf('string')
    expect(world.names()).toEqual(['refreshed'])
    expect(world.tokenRequests()).toBe(1)
  })

  test('is written what was sealed at once: no plain token has to wait', async () => {
    const { store, state } = fragileStore()
    const sealed: unknown[] = []
    const vault = createVault({ kms: localKms({ keyId: 'test', key: vaultKey }), now: () => start })
    const counting = {
      ...vault,
      keyId: vault.keyId,
      async seal(...input: Parameters<typeof vault.seal>) {
        sealed.push(input[1].field)
        return await vault.seal(...input)
      },
    }
    const world = createWorld({
      store,
      vault: counting,
      fakeOptions: { rotation: 'always' },
      refresh: { timeout: 100, lease: 1100 },
    })
    await world.connect('ada', 0)
    const { call } = await slowRefresh(world)
    state.down = true
    sealed.length = 0
    world.advance(1000)
    await call.catch(() => undefined)
    expect(sealed).toEqual(['access', 'refresh'])
    state.down = false
    await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']), { timeout: 5000 })
    expect(sealed).toHaveLength(2)
  })

  test('is not asked by a monitor to let the spent refresh token be sent again', async () => {
    const { store, state } = fragileStore()
    const world = createWorld({ store, fakeOptions: { rotation: 'always' }, refresh: { timeout: 100, lease: 1100 } })
    await world.connect('ada', 0)
    const { call } = await slowRefresh(world)
    state.refuse = (next) => ((next as { refreshedAt?: number } | undefined)?.refreshedAt ? 'before' : undefined)
    world.advance(1000)
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_NOT_STORED' })
    world.advance(10_000)
    expect(await world.connections.monitor().runOnce()).toMatchObject({ skipped: 1, ended: 0 })
    expect(world.tokenRequests()).toBe(1)
    state.refuse = () => undefined
    await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']), { timeout: 5000 })
  })

  test('lets close wait for the write', async () => {
    const { store, memory, state } = fragileStore()
    const world = createWorld({ store, fakeOptions: { rotation: 'always' } })
    const heard = listen(world.connections)
    await world.connect('ada', 0)
    await slowRefresh(world)
    state.down = true
    world.advance(1000)
    const closing = world.connections.close()
    setTimeout(() => {
      state.down = false
    }, 100)
    await closing
    expect((await memory.get(id))?.refreshedAt).toBe(world.now())
    expect(heard.map(({ event }) => event)).toContain('connection.refreshed')
  })
})

test('after close a living token is still handed out, but none is refreshed', async () => {
  const world = createWorld()
  const { accessToken } = await world.connect('ada', 4 * minute)
  await world.connections.close()
  expect(await world.connections.accessToken('ada')).toBe(accessToken)
  world.advance(4 * minute)
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED' })
  expect(world.tokenRequests()).toBe(0)
})

test('a lease whose write failed after it was done is the process’s own', async () => {
  const { store, state } = fragileStore()
  const world = createWorld({ store })
  await world.connect('ada', 0)
  let first = true
  state.refuse = () => {
    const response = first ? 'after' : undefined
    first = false
    return response
  }
  await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
  expect(world.tokenRequests()).toBe(1)
})

test('a store that is down before a refresh costs no request', async () => {
  const { store, state } = fragileStore()
  const world = createWorld({ store })
  await world.connect('ada', 0)
  state.down = true
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(world.tokenRequests()).toBe(0)
})

test('the end of a connection is not concluded while the store can not be read', async () => {
  const { store, state } = fragileStore()
  const world = createWorld({ store })
  await world.connect('ada', 0)
  world.fake.revoke()
  const { call } = await slowRefresh(world)
  state.down = true
  world.advance(1000)
  await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  state.down = false
  expect((await world.connections.get('ada'))?.status).toBe('connected')
  world.advance(minute)
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_NEEDS_REAUTH' })
  expect(world.names()).toEqual(['needs_reauth'])
})

describe('a KMS that fails', () => {
  function fragileVault() {
    const vault = createVault({ kms: localKms({ keyId: 'test', key: vaultKey }), now: () => start })
    const state = { failing: '' }
    const check = (what: string) => {
      if (state.failing === what) throw new VaultError('VAULT_KMS_UNAVAILABLE', 'The KMS is away.')
    }
    return {
      state,
      vault: {
        ...vault,
        keyId: vault.keyId,
        async seal(...input: Parameters<typeof vault.seal>) {
          check('seal')
          return await vault.seal(...input)
        },
        async open(...input: Parameters<typeof vault.open>) {
          if (input[1].field === 'refresh') check('open')
          return await vault.open(...input)
        },
      },
    }
  }

  test.each(['seal', 'open'])('before a refresh (%s) costs neither a request nor the lease', async (failing) => {
    const { vault, state } = fragileVault()
    const world = createWorld({ vault })
    await world.connect('ada', 0)
    state.failing = failing
    await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' })
    expect(world.tokenRequests()).toBe(0)
    expect((await world.store.get(id))?.lease).toBeUndefined()
    state.failing = ''
    await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
  })

  test('while the old token lives is not noticed by callers', async () => {
    const { vault, state } = fragileVault()
    const world = createWorld({ vault })
    const { accessToken } = await world.connect('ada', 4 * minute)
    state.failing = 'seal'
    expect(await world.connections.accessToken('ada')).toBe(accessToken)
  })

  test('when the response is there is outlasted', async () => {
    const { vault, state } = fragileVault()
    const world = createWorld({ vault, fakeOptions: { rotation: 'always' } })
    await world.connect('ada', 0)
    const { call } = await slowRefresh(world)
    state.failing = 'seal'
    world.advance(1000)
    setTimeout(() => {
      state.failing = ''
    }, 100)
    await expect(call).resolves.toBeTypeOf('string')
  })
})

test('a refresh token under an over-age data key is sealed anew by a refresh', async () => {
  const clock = { now: start }
  const vault = createVault({
    kms: localKms({ keyId: 'test', key: vaultKey }),
    now: () => clock.now,
    rotateAfter: hour,
  })
  const world = createWorld({ vault })
  await world.connect('ada', 0)
  const before = await world.store.get(id)
  clock.now += 2 * hour
  await world.connections.accessToken('ada')
  const after = await world.store.get(id)
  expect(after?.refreshToken?.dataKeyId).not.toBe(before?.refreshToken?.dataKeyId)
  expect(after?.refreshToken?.dataKeyId).toBe(after?.accessToken.dataKeyId)
  world.advance(hour)
  await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
})

test('an open circuit before the token endpoint is a failure that passes, and no request', async () => {
  const { SpotifyApiError } = await import('../../../src/errors.ts')
  let open = true
  const world = createWorld({
    async tokenCircuit(call) {
      if (open) throw new SpotifyApiError('API_CIRCUIT_OPEN', 'The circuit is open.', { retryAt: start + 30_000 })
      return await call()
    },
  })
  await world.connect('ada', 0)
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED' })
  expect((await world.connections.health('ada')).lastError?.code).toBe('API_CIRCUIT_OPEN')
  open = false
  world.advance(29_000)
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED' })
  world.advance(1000)
  await expect(world.connections.accessToken('ada')).resolves.toBeTypeOf('string')
})

describe('a clock that is set', () => {
  test.each([hour, -hour])('by %i ms during a refresh ends nothing', async (jump) => {
    let offset = 0
    const world = createWorld({ fakeOptions: { rotation: 'always' }, now: () => world.fake.clock.now() + offset })
    await world.connect('ada', 0)
    const { call } = await slowRefresh(world)
    const other = world.another()
    offset = jump
    world.advance(1000)
    await expect(call).resolves.toBeTypeOf('string')
    for (let round = 0; round < 3; round++) {
      const token = await other.accessToken('ada')
      await world.connections.accessToken('ada', { rejected: token })
      offset = 0
      world.advance(2 * hour)
    }
    expect((await world.connections.get('ada'))?.status).toBe('connected')
  })

  test('back after a failure does not extend its backoff', async () => {
    let offset = 0
    const world = createWorld({ now: () => world.fake.clock.now() + offset })
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', status: 503, retryAfter: 60 })
    await world.connections.accessToken('ada').catch(() => undefined)
    offset = -2 * minute
    const { accessToken: token } = world.fake.issue()
    expect(await world.connections.accessToken('ada', { rejected: token }).catch(() => 'failed')).not.toBe('failed')
  })
})

describe('the record cache', () => {
  test('asks the store at most once in five seconds for a hot connection', async () => {
    const { store, state } = fragileStore()
    const world = createWorld({ store })
    await world.connect('ada')
    const other = world.another()
    state.reads = 0
    for (let tick = 0; tick < 100; tick++) {
      await Promise.all([other.accessToken('ada'), other.accessToken('ada')])
      world.advance(100)
    }
    expect(state.reads).toBe(2)
  })

  test('asks the store as seldom while the refresh of a living token backs off', async () => {
    const { store, state } = fragileStore()
    const world = createWorld({ store })
    await world.connect('ada', 4 * minute)
    world.fake.fail({ path: '/api/token', status: 429, retryAfter: 120 })
    await world.connections.accessToken('ada')
    await vi.waitFor(() => expect(world.names()).toContain('refresh_failed'))
    world.advance(5000)
    state.reads = 0
    for (let tick = 0; tick < 100; tick++) {
      await world.connections.accessToken('ada')
      world.advance(100)
    }
    expect(state.reads).toBe(2)
  })

  test('is passed by when a token was rejected', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada')
    const other = world.another()
    expect(await other.accessToken('ada')).toBe(accessToken)
    const fresh = await world.connections.accessToken('ada', { rejected: accessToken })
    expect(await other.accessToken('ada', { rejected: accessToken })).toBe(fresh)
    expect(world.tokenRequests()).toBe(1)
  })

  test('lets another process use a token for five seconds after a disconnect, and no longer', async () => {
    const world = createWorld()
    const { accessToken } = await world.connect('ada')
    const other = world.another()
    await other.accessToken('ada')
    await world.connections.disconnect('ada')
    await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
    world.advance(4999)
    expect(await other.accessToken('ada')).toBe(accessToken)
    world.advance(1)
    await expect(other.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
  })

  test('does not take in what was read before a disconnect', async () => {
    const memory = memoryStore()
    let release = (): void => {}
    let hold = false
    const store: TokenStore = {
      ...memory,
      async get(...input) {
        const record = await memory.get(...input)
        if (hold) {
          hold = false
          await new Promise<void>((resolve) => {
            release = resolve
          })
        }
        return record
      },
    }
    const world = createWorld({ store })
    await world.connect('ada')
    const other = world.another()
    hold = true
    const early = other.accessToken('ada')
    await vi.waitFor(() => expect(hold).toBe(false))
    await other.disconnect('ada')
    release()
    await early
    await expect(other.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
  })
})

test('a tampered record is a VaultError, and its neighbours are not touched', async () => {
  const world = createWorld()
  await world.connect('ada')
  await world.connect('grace')
  const stolen = await world.store.get({ provider: 'spotify', ownerId: 'grace' })
  const record = await world.store.get(id)
  if (record === undefined || stolen === undefined) throw new Error('no record')
  await world.store.compareAndSet(id, record.revision, { ...stolen, ownerId: 'ada', revision: 'tampered' })
  await expect(world.another().accessToken('ada')).rejects.toMatchObject({ code: 'VAULT_DECRYPT_FAILED' })
  await expect(world.connections.accessToken('grace')).resolves.toBeTypeOf('string')
})
