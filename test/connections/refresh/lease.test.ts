import { describe, expect, test, vi } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { createWorld, hour, minute, start, type World } from '../support/world.ts'

const id = { provider: 'spotify', ownerId: 'ada' }

/** Writes the lease of another process into the record. */
async function lend(store: TokenStore, length: number): Promise<void> {
  const record = await store.get(id)
  if (record === undefined) throw new Error('no record')
  const lease = { owner: 'someone else', id: crypto.randomUUID(), length }
  expect(await store.compareAndSet(id, record.revision, { ...record, revision: crypto.randomUUID(), lease })).toBe(true)
}

async function release(store: TokenStore, expiresAt: number): Promise<void> {
  const record = await store.get(id)
  if (record === undefined) throw new Error('no record')
  const { lease: _, ...rest } = record
  await store.compareAndSet(id, record.revision, { ...rest, revision: crypto.randomUUID(), expiresAt })
}

describe('a lease of another process', () => {
  test.for([3, 1_000, 9_999])(
    'is waited for although its clock, the only one there is, is %i ms ahead',
    async (ahead) => {
      const store = memoryStore({ now: () => world.now() + ahead })
      const world = createWorld({ store })
      const { accessToken } = await world.connect('ada', 0)
      await lend(store, 20_000)
      // The store without a clock of its own gives what is left by the clock of its process: more than a lease lasts.
      const read = vi.fn(store.get)
      const behind = world.another({
        store: {
          ...store,
          async get(...input) {
            const record = await read(...input)
            return record && { ...record, leaseLeft: (record.leaseLeft ?? 0) + ahead }
          },
        },
      })
      const call = behind.accessToken('ada')
      await vi.waitFor(() => expect(read.mock.calls.length).toBeGreaterThan(2))
      expect(world.tokenRequests()).toBe(0)
      await release(store, world.now() + hour)
      expect(await call).toBe(accessToken)
      expect(world.tokenRequests()).toBe(0)
    },
  )

  test.for([-hour, hour])('ends by the clock of the store, where the process is %i ms off', async (off) => {
    const clock = { at: start }
    const store = memoryStore({ now: () => clock.at })
    const world: World = createWorld({ store })
    await world.connect('ada', 0)
    world.advance(Math.max(off, 0))
    await lend(store, 20_000)
    const read = vi.fn(store.get)
    const call = world.another({ store: { ...store, get: read } }).accessToken('ada')
    await vi.waitFor(() => expect(read.mock.calls.length).toBeGreaterThan(2))
    expect(world.tokenRequests()).toBe(0)
    clock.at += 20_000
    await expect(call).resolves.toBeTypeOf('string')
    expect(world.tokenRequests()).toBe(1)
  })
})

test('the monitors of two processes divide what is due, and no write is lost', async () => {
  const memory = memoryStore({ now: () => world.now() })
  let lost = 0
  const store: TokenStore = {
    ...memory,
    async compareAndSet(...input) {
      const won = await memory.compareAndSet(...input)
      if (!won) lost++
      return won
    },
  }
  const world = createWorld({ store })
  for (let index = 0; index < 40; index++) await world.connect(`owner-${index}`, minute)
  world.advance(minute)
  const monitors = [world.connections, world.another()].map((each) => each.monitor({ concurrency: 3 }))
  const sweeps = await Promise.all(monitors.map((monitor) => monitor.runOnce()))
  expect(sweeps[0]?.refreshed).toBeGreaterThan(0)
  expect(sweeps[1]?.refreshed).toBeGreaterThan(0)
  expect(sweeps.reduce((sum, { refreshed }) => sum + refreshed, 0)).toBe(40)
  expect(sweeps.map(({ skipped }) => skipped)).toEqual([0, 0])
  expect(lost).toBe(0)
  expect(world.tokenRequests()).toBe(40)
})
