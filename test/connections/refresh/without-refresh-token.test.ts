import { beforeEach, describe, expect, it } from 'vitest'
import { createWorld, day, hour, type World } from '../support/world.ts'

describe('a connection without a refresh token', () => {
  let world: World

  beforeEach(async () => {
    world = createWorld()
    await world.connections.adopt({
      ownerId: 'ann',
      tokens: { accessToken: 'lives-for-sixty-days', expiresAt: world.now() + 60 * day, scopes: [] },
      authorizedAt: new Date(world.now()),
    })
    world.events.length = 0
  })

  it('is left alone by the monitor while its access token lives', async () => {
    const monitor = world.connections.monitor()
    for (let passed = 0; passed < 45; passed++) {
      world.advance(day)
      expect(await monitor.runOnce()).toMatchObject({ ended: 0, failed: 0, refreshed: 0, rescheduled: 0 })
    }
    expect(await world.connections.accessToken('ann')).toBe('lives-for-sixty-days')
    expect(world.names()).toEqual([])
  })

  it('is warned about in time and ends with its access token', async () => {
    const monitor = world.connections.monitor()
    world.advance(47 * day)
    expect(await monitor.runOnce()).toMatchObject({ warned: 1, ended: 0 })
    expect((await world.connections.get('ann'))?.status).toBe('connected')
    world.advance(13 * day + hour)
    expect(await monitor.runOnce()).toMatchObject({ ended: 1 })
    expect(world.names()).toEqual(['reauth_due_soon', 'needs_reauth'])
  })
})
