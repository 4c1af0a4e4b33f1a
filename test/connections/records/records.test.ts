import { afterEach, describe, expect, it, vi } from 'vitest'
import { StoreError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { createWorld, hour, type World } from '../support/world.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** A store whose next write, when requested, fails and takes effect only after it was looked for. */
function delayedStore(now: () => number): { store: TokenStore; delayNext(): void } {
  const inner = memoryStore({ now })
  let delay = false
  let late: (() => Promise<unknown>) | undefined
  const store: TokenStore = {
    ...inner,
    async get(id, options) {
      const found = await inner.get(id, options)
      const apply = late
      late = undefined
      await apply?.()
      return found
    },
    async compareAndSet(id, expected, next, options) {
      if (!delay) return await inner.compareAndSet(id, expected, next, options)
      delay = false
      late = () => inner.compareAndSet(id, expected, next)
      throw new StoreError('STORE_UNAVAILABLE', 'No response.')
    },
  }
  return {
    store,
    delayNext() {
      delay = true
    },
  }
}

describe('a write whose response was lost and that takes effect only later', () => {
  it('counts as won, and its event is emitted once', async () => {
    let world: World
    const { store, delayNext } = delayedStore(() => world.now())
    world = createWorld({ store })
    delayNext()
    await world.signIn('ann')
    expect(world.names()).toEqual(['created'])
    world.events.length = 0
    delayNext()
    expect(await world.connections.disconnect('ann')).toMatchObject({ removed: true })
    expect(world.names()).toEqual(['removed'])
  })
})

describe('a grant whose write seemed to fail', () => {
  it('is not written again over what another process has made of it: its refresh token may be spent', async () => {
    let world: World
    let failing = true
    let look: (() => Promise<unknown>) | undefined
    const inner = memoryStore({ now: () => world.now() })
    const store: TokenStore = {
      ...inner,
      async get(id, options) {
        const first = look
        look = undefined
        await first?.()
        return await inner.get(id, options)
      },
      async compareAndSet(id, expected, next, options) {
        const won = await inner.compareAndSet(id, expected, next, options)
        if (!failing) return won
        failing = false
        look = () => other.accessToken('ann', { rejected: tokens.accessToken })
        throw new StoreError('STORE_UNAVAILABLE', 'No response.')
      },
    }
    world = createWorld({ store, fakeOptions: { rotation: 'always' } })
    const other = world.another({ store: inner })
    const tokens = world.fake.issue()
    const adopted = { ownerId: 'ann', tokens: { ...tokens, expiresAt: world.now() + hour } }
    const connection = await world.connections.adopt({ ...adopted, authorizedAt: new Date(world.now()) })
    expect(connection.refreshedAt).toBeInstanceOf(Date)
    expect(world.names()).toEqual(['created'])
    world.advance(hour)
    await expect(world.connections.accessToken('ann')).resolves.toBeTypeOf('string')
  })
})

describe('a store that loses a response for good', () => {
  it('does not keep the owner from disconnecting', async () => {
    let world: World
    let lose = false
    let lost: () => void = () => {}
    const losing = new Promise<void>((resolve) => {
      lost = resolve
    })
    const inner = memoryStore({ now: () => world.now() })
    const store: TokenStore = {
      ...inner,
      async compareAndSet(id, expected, next, options) {
        if (lose) {
          lost()
          await new Promise(() => {})
        }
        return await inner.compareAndSet(id, expected, next, options)
      },
    }
    world = createWorld({ store })
    await world.connect('ann', 0)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    lose = true
    const waiting = world.connections.accessToken('ann').catch((error: unknown) => error)
    await losing
    lose = false
    const disconnecting = world.connections.disconnect('ann')
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await disconnecting).toMatchObject({ removed: true })
    expect(await waiting).toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
  })
})
