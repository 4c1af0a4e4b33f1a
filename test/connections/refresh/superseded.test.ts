import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { createWorld, minute, type World } from '../support/world.ts'

describe('a response that still waits for the store when its grant is over', () => {
  let world: World
  let refusing: boolean
  let old: { accessToken: string }

  beforeEach(async () => {
    refusing = false
    const inner = memoryStore({ now: () => world.now() })
    const store: TokenStore = {
      ...inner,
      async compareAndSet(id, expected, next, options) {
        // What a refresh brought is the only write that is refused.
        if (refusing && next?.status === 'connected' && next.refreshedAt !== undefined)
          throw new StoreError('STORE_UNAVAILABLE', 'Refused.')
        return await inner.compareAndSet(id, expected, next, options)
      },
    }
    world = createWorld({ store, refresh: { timeout: 1000, lease: 2000 } })
    old = await world.connect('ann', 4 * minute)
    world.advance(1)
    refusing = true
    expect(await world.connections.accessToken('ann')).toBe(old.accessToken)
  })

  afterEach(async () => {
    refusing = false
    await world.connections.close()
  })

  it('gives callers nothing of a connection that was removed', async () => {
    await world.connections.disconnect('ann')
    await expect(world.connections.accessToken('ann')).rejects.toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
  })

  it('gives callers the token of the new grant once the owner has signed in again', async () => {
    await world.signIn('ann')
    const token = await world.connections.accessToken('ann')
    expect(token).not.toBe(old.accessToken)
  })
})
