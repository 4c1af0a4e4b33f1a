import { afterEach, describe, expect, test, vi } from 'vitest'
import { StoreError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { localKms } from '../../../src/vault/kms/local.ts'
import { createVault, type Vault } from '../../../src/vault/vault.ts'
import { createWorld, day, hour, listen, minute, start, vaultKey, type World } from '../support/world.ts'

afterEach(() => vi.useRealTimers())

function gate(): { promise: Promise<void>; resolve(): void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}

/** A vault that counts what it opens. */
function countingVault(): Vault & { opened: number } {
  const vault = createVault({ kms: localKms({ keyId: 'test', key: vaultKey }), now: () => start })
  const counting = { ...vault, keyId: vault.keyId, opened: 0 }
  counting.open = async (...input) => {
    counting.opened += 1
    return await vault.open(...input)
  }
  return counting
}

async function sweepFor(world: World, ms: number, every = 10 * minute): Promise<void> {
  const monitor = world.connections.monitor()
  for (let passed = 0; passed < ms; passed += every) {
    world.advance(every)
    await monitor.runOnce()
  }
}

describe('refreshing ahead', () => {
  test('a connection used in the last hour is refreshed before its callers would have to', async () => {
    const world = createWorld()
    await world.connect('ada')
    await sweepFor(world, 55 * minute, 5 * minute)
    expect(world.tokenRequests()).toBe(1)
    const callerPaid = world.tokenRequests()
    await world.connections.accessToken('ada')
    expect(world.tokenRequests()).toBe(callerPaid)
  })

  test('a connection that is no longer used is left to the daily check', async () => {
    const world = createWorld()
    await world.connect('ada')
    await sweepFor(world, 18 * hour)
    expect(world.tokenRequests()).toBe(1)
    await sweepFor(world, 7 * hour)
    expect(world.tokenRequests()).toBe(2)
    await sweepFor(world, 25 * hour)
    expect(world.tokenRequests()).toBe(3)
  })

  test('a connection that was not used for an hour is rescheduled, also when no monitor ran before', async () => {
    const world = createWorld()
    await world.connect('ada')
    world.advance(2 * hour)
    const monitor = world.connections.monitor()
    expect(await monitor.runOnce()).toMatchObject({ refreshed: 0, rescheduled: 1 })
    world.advance(22 * hour)
    expect(await monitor.runOnce()).toMatchObject({ refreshed: 1 })
  })

  test('a connection that is used again is refreshed ahead again', async () => {
    const world = createWorld()
    await world.connect('ada')
    await sweepFor(world, hour)
    for (let round = 0; round < 8; round++) {
      await sweepFor(world, 30 * minute)
      const before = world.tokenRequests()
      await world.connections.accessToken('ada')
      expect(world.tokenRequests()).toBe(before)
    }
    expect(world.tokenRequests()).toBeLessThanOrEqual(6)
  })

  test('a use costs one extra write per life of an access token', async () => {
    const memory = memoryStore({ now: () => start })
    let writes = 0
    const store: TokenStore = {
      ...memory,
      async compareAndSet(...input) {
        writes += 1
        return await memory.compareAndSet(...input)
      },
    }
    const world = createWorld({ store })
    await world.connect('ada')
    await sweepFor(world, hour, 5 * minute)
    writes = 0
    for (let call = 0; call < 30; call++) {
      world.advance(6000)
      await Promise.all(Array.from({ length: 10 }, () => world.connections.accessToken('ada')))
    }
    expect(writes).toBe(1)
  })
})

test('a revocation is found by the daily check of an idle connection', async () => {
  const world = createWorld()
  await world.connect('ada')
  await sweepFor(world, 2 * hour)
  world.fake.revoke()
  await sweepFor(world, 25 * hour)
  expect(world.names().filter((name) => name === 'needs_reauth')).toHaveLength(1)
  const before = world.tokenRequests()
  await sweepFor(world, 48 * hour, hour)
  expect(world.tokenRequests()).toBe(before)
})

test('a connection whose refresh failed is tried again by the monitor and recovers', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  world.fake.fail({ path: '/api/token', status: 500, times: 3 })
  await world.connections.accessToken('ada').catch(() => undefined)
  await sweepFor(world, 10 * minute, minute)
  expect(world.names()).toEqual([
    'refresh_failed',
    'degraded',
    'refresh_failed',
    'refresh_failed',
    'refreshed',
    'recovered',
  ])
})

test('a connection whose holder died is looked at when the lease is over, since its token may be a rejected one', async () => {
  const world = createWorld()
  await world.connect('ada')
  const id = { provider: 'spotify', ownerId: 'ada' }
  const record = await world.store.get(id)
  if (record === undefined) throw new Error('no record')
  const until = world.now() + 20_000
  const lease = { owner: 'a dead process', id: 'left behind', length: 20_000 }
  await world.store.compareAndSet(id, record.revision, {
    ...record,
    revision: 'x',
    lease,
    checkAt: until,
    nextCheckAt: until,
  })
  const monitor = world.connections.monitor()
  expect(await monitor.runOnce()).toMatchObject({ refreshed: 0, skipped: 0 })
  world.advance(20_000)
  expect(await monitor.runOnce()).toMatchObject({ refreshed: 1 })
})

describe('the end of a grant', () => {
  test('is announced once, two weeks ahead, whatever processes watch', async () => {
    const world = createWorld()
    const others = [world.another(), world.another()]
    const heard = others.flatMap((other) => [listen(other)])
    await world.connect('ada')
    const monitors = [world.connections, ...others].map((each) => each.monitor())
    const warnings = () =>
      [world.events, ...heard].flat().filter(({ event }) => event === 'connection.reauth_due_soon').length
    for (let passed = 0; passed < 190; passed++) {
      expect(warnings()).toBe(passed * day >= Date.UTC(2027, 2, 1) - 14 * day - start ? 1 : 0)
      world.advance(day)
      await Promise.all(monitors.map((monitor) => monitor.runOnce()))
    }
    expect(warnings()).toBe(1)
  })

  test('is announced although the reply of the store to the claim was lost', async () => {
    const memory = memoryStore({ now: () => start + 175 * day })
    let lost = 0
    const store: TokenStore = {
      ...memory,
      async claim(...input) {
        const first = await memory.claim(...input)
        if (lost++ === 0) throw new StoreError('STORE_UNAVAILABLE', 'The reply was lost.')
        return first
      },
    }
    const world = createWorld({ store })
    await world.connect('ada')
    world.advance(175 * day)
    expect(await world.connections.monitor().runOnce()).toMatchObject({ warned: 1 })
    expect(await world.another().monitor().runOnce()).toMatchObject({ warned: 0 })
  })

  test('is emitted as long ahead as configured', async () => {
    const world = createWorld()
    await world.connect('ada')
    const monitor = world.connections.monitor({ warnBefore: 60 * day })
    world.advance(Date.UTC(2027, 2, 1) - 60 * day - start)
    expect(await monitor.runOnce()).toMatchObject({ warned: 1 })
    expect((await world.connections.health('ada')).status).toBe('reauth_due_soon')
    expect(await monitor.runOnce()).toMatchObject({ warned: 0 })
  })

  test('is announced on time, and not only at the daily check', async () => {
    const world = createWorld()
    await world.connect('ada')
    const warnAt = Date.UTC(2027, 2, 1) - 14 * day
    world.advance(warnAt - 5 * hour - start)
    const monitor = world.connections.monitor()
    expect(await monitor.runOnce()).toMatchObject({ refreshed: 1, warned: 0 })
    world.advance(5 * hour)
    expect(await monitor.runOnce()).toMatchObject({ warned: 1 })
  })

  test('is announced by the next sweep for tokens that are adopted shortly before it, or are of unknown age', async () => {
    const world = createWorld()
    const authorizedAt = new Date(start - 175 * day)
    await world.connections.adopt({ ownerId: 'ada', tokens: world.fake.issue(), authorizedAt })
    await world.connections.adopt({ ownerId: 'grace', tokens: world.fake.issue() })
    expect(await world.connections.monitor().runOnce()).toMatchObject({ warned: 2, refreshed: 0, rescheduled: 2 })
    expect(world.tokenRequests()).toBe(0)
  })

  test('is announced anew after the owner has signed in again', async () => {
    const world = createWorld()
    await world.connect('ada')
    await sweepFor(world, 200 * day, day)
    await world.connect('ada')
    await sweepFor(world, 200 * day, day)
    expect(world.names().filter((name) => name === 'reauth_due_soon')).toHaveLength(1)
  })
})

describe('a sweep', () => {
  test('refreshes everything that is due, page by page, and opens nothing else', async () => {
    const vault = countingVault()
    const world = createWorld({ vault })
    for (let index = 0; index < 25; index++) await world.connect(`used-${index}`, 0)
    for (let index = 0; index < 25; index++) await world.connect(`fresh-${index}`)
    const monitor = world.connections.monitor({ pageSize: 10, concurrency: 3 })
    vault.opened = 0
    expect(await monitor.runOnce()).toEqual({
      refreshed: 25,
      failed: 0,
      ended: 0,
      rescheduled: 0,
      skipped: 0,
      warned: 0,
    })
    expect(vault.opened).toBe(25)
    expect(await monitor.runOnce()).toMatchObject({ refreshed: 0 })
    expect(vault.opened).toBe(25)
  })

  test('puts off a connection for which there is nothing to do, without opening its tokens', async () => {
    const vault = countingVault()
    const world = createWorld({ vault })
    await world.connect('ada')
    const record = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
    if (record === undefined) throw new Error('no record')
    await world.store.compareAndSet(record, record.revision, { ...record, revision: 'x', nextCheckAt: world.now() })
    vault.opened = 0
    const monitor = world.connections.monitor()
    expect(await monitor.runOnce()).toMatchObject({ rescheduled: 1, refreshed: 0 })
    expect(await monitor.runOnce()).toMatchObject({ rescheduled: 0 })
    expect(vault.opened).toBe(0)
  })

  test('that finds nothing asks the store once', async () => {
    const memory = memoryStore()
    let queries = 0
    const store: TokenStore = {
      ...memory,
      async reserve(...input) {
        queries += 1
        return await memory.reserve(...input)
      },
    }
    const world = createWorld({ store })
    await world.connect('ada')
    await world.connections.monitor().runOnce()
    expect(queries).toBe(1)
  })

  test('shares its work with those of other processes', async () => {
    const world = createWorld()
    for (let index = 0; index < 60; index++) await world.connect(`owner-${index}`, 0)
    const all = [world.connections, world.another(), world.another(), world.another()]
    const sweeps = await Promise.all(all.map((each) => each.monitor({ pageSize: 20 }).runOnce()))
    expect(sweeps.reduce((sum, { refreshed }) => sum + refreshed, 0)).toBe(60)
    expect(world.tokenRequests()).toBe(60)
  })

  test('keeps to its concurrency', async () => {
    let running = 0
    let most = 0
    let together = gate()
    const world = createWorld({
      async tokenCircuit(call) {
        running += 1
        most = Math.max(most, running)
        const mine = together
        if (running === 5) {
          together = gate()
          for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
          mine.resolve()
        }
        await mine.promise
        running -= 1
        return await call()
      },
    })
    for (let index = 0; index < 30; index++) await world.connect(`owner-${index}`, 0)
    await world.connections.monitor({ concurrency: 5 }).runOnce()
    expect(most).toBe(5)
  })

  test('is not held up by a record that can not be opened', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    await world.connect('broken', 0)
    const id = { provider: 'spotify', ownerId: 'broken' }
    const record = await world.store.get(id)
    const other = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
    if (record === undefined || other === undefined) throw new Error('no record')
    await world.store.compareAndSet(id, record.revision, { ...record, revision: 'x', refreshToken: other.refreshToken })
    const monitor = world.connections.monitor({ pageSize: 1 })
    expect(await monitor.runOnce()).toMatchObject({ refreshed: 1, failed: 1 })
    expect(await world.connections.health('broken')).toMatchObject({
      status: 'degraded',
      lastError: { code: 'VAULT_DECRYPT_FAILED', origin: 'process' },
    })
    expect(world.names()).not.toContain('degraded')
    expect(await world.store.get(id)).not.toHaveProperty('failure')
    expect(await monitor.runOnce()).toMatchObject({ refreshed: 0, failed: 0 })
  })

  test('ends with the caller’s reason when the caller aborts', async () => {
    const world = createWorld()
    await expect(world.connections.monitor().runOnce({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
  })

  test('a listener that throws or rejects affects no other', async () => {
    const world = createWorld()
    world.connections.on('connection.refreshed', () => {
      throw new Error('mine')
    })
    world.connections.on('connection.refreshed', (async () => {
      throw new Error('mine too')
    }) as () => void)
    await world.connect('ada', 0)
    expect(await world.connections.monitor().runOnce()).toMatchObject({ refreshed: 1 })
    expect(world.names()).toEqual(['refreshed'])
  })
})

describe('a started monitor', () => {
  const timers = { toFake: ['setTimeout', 'clearTimeout'] as ('setTimeout' | 'clearTimeout')[] }

  test('sweeps about every minute, and not after it was stopped', async () => {
    vi.useFakeTimers(timers)
    const world = createWorld()
    await world.connect('ada', 0)
    const monitor = world.connections.monitor()
    monitor.start()
    monitor.start()
    await vi.advanceTimersByTimeAsync(7000)
    await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']))
    await world.connect('grace', 0)
    await vi.advanceTimersByTimeAsync(67_000)
    await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']))
    await monitor.stop()
    await world.connect('linus', 0)
    await vi.advanceTimersByTimeAsync(10 * minute)
    expect(world.names()).toEqual([])
    monitor.start()
    await vi.advanceTimersByTimeAsync(7000)
    await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']))
    await monitor.stop()
  })

  test('outlasts a store that is down', async () => {
    vi.useFakeTimers(timers)
    const memory = memoryStore()
    let down = true
    const store: TokenStore = {
      ...memory,
      async reserve(...input) {
        if (down) throw new StoreError('STORE_UNAVAILABLE', 'The database is away.')
        return await memory.reserve(...input)
      },
    }
    const world = createWorld({ store })
    await world.connect('ada', 0)
    await expect(world.connections.monitor().runOnce()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const monitor = world.connections.monitor()
    monitor.start()
    await vi.advanceTimersByTimeAsync(3 * minute)
    expect(world.tokenRequests()).toBe(0)
    down = false
    await vi.advanceTimersByTimeAsync(2 * minute)
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    await monitor.stop()
  })

  test('lets a check under way finish when it is stopped, but not for ever', async () => {
    vi.useFakeTimers(timers)
    const world = createWorld()
    await world.connect('ada', 0)
    await world.connect('grace', 0)
    world.fake.fail({ path: '/api/token', delay: 1000, times: 2 })
    const monitor = world.connections.monitor({ concurrency: 1, stopTimeout: 5000 })
    monitor.start()
    await vi.advanceTimersByTimeAsync(7000)
    await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
    let stopped = false
    const stopping = monitor.stop().then(() => {
      stopped = true
    })
    await vi.advanceTimersByTimeAsync(4000)
    expect(stopped).toBe(false)
    await vi.advanceTimersByTimeAsync(1000)
    await stopping
    world.advance(1000)
    await vi.waitFor(() => expect(world.names()).toEqual(['refreshed']))
    expect(world.tokenRequests()).toBe(1)
  })

  test('is stopped by close', async () => {
    vi.useFakeTimers(timers)
    const world = createWorld()
    await world.connect('ada', 0)
    world.connections.monitor().start()
    await world.connections.close()
    await vi.advanceTimersByTimeAsync(10 * minute)
    expect(world.tokenRequests()).toBe(0)
  })
})

test.each([
  [{ every: 0 }],
  [{ checkEvery: -1 }],
  [{ warnBefore: Number.NaN }],
  [{ concurrency: 0 }],
  [{ pageSize: 1.5 }],
])('a monitor refuses %j', (options) => {
  const world = createWorld()
  expect(() => world.connections.monitor(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})
