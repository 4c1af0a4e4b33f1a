import { describe, expect, test } from 'vitest'
import { StoreError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { createWorld, hour, type World } from '../support/world.ts'

/** A store whose reads fail so many times, as when pooled connections died while they were idle. */
function idleStore(failure: () => Error) {
  const inner = memoryStore({ now: () => world.now() })
  const state = { failures: 0 }
  const fails = (): void => {
    if (state.failures-- > 0) throw failure()
  }
  const store: TokenStore = {
    ...inner,
    async get(...input) {
      fails()
      return await inner.get(...input)
    },
    async list(...input) {
      fails()
      return await inner.list(...input)
    },
  }
  const world: World = createWorld({ store })
  return { world, state }
}

const dead = () => new StoreError('STORE_UNAVAILABLE', 'The connection is gone.')
const calls = {
  accessToken: (world: World) => world.connections.accessToken('ada'),
  get: (world: World) => world.connections.get('ada'),
  health: (world: World) => world.connections.health('ada'),
  list: (world: World) => world.connections.list(),
  count: (world: World) => world.connections.count(),
  disconnect: (world: World) => world.connections.disconnect('ada'),
}

describe.each(Object.entries(calls))('the first %s() after an idle night', (_, call) => {
  test('succeeds although the pooled connection has died', async () => {
    const { world, state } = idleStore(dead)
    await world.connect('ada')
    world.advance(hour / 2)
    state.failures = 1
    await expect(call(world)).resolves.toBeDefined()
    expect(state.failures).toBeLessThanOrEqual(0)
  })

  test('fails at last while the store stays away', async () => {
    const { world, state } = idleStore(dead)
    await world.connect('ada')
    world.advance(hour / 2)
    state.failures = Number.POSITIVE_INFINITY
    await expect(call(world)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('fails at once with an error that does not pass', async () => {
    const { world, state } = idleStore(() => new StoreError('STORE_NOT_MIGRATED', 'No tables.'))
    await world.connect('ada')
    world.advance(hour / 2)
    state.failures = 1
    await expect(call(world)).rejects.toMatchObject({ code: 'STORE_NOT_MIGRATED' })
  })
})
