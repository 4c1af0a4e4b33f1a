import { beforeEach, describe, expect, it } from 'vitest'
import { type ConnectionError, isStagedoorError, SpotifyApiError } from '../../../src/errors.ts'
import { createWorld, hour, type World } from '../support/world.ts'

describe('a refresh that fails for now', () => {
  let world: World

  beforeEach(async () => {
    world = createWorld()
    await world.connect('ann')
    world.advance(2 * hour)
  })

  async function failure(): Promise<ConnectionError> {
    const error = await world.connections.accessToken('ann').then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!isStagedoorError(error) || error.name !== 'ConnectionError') throw new Error('expected a ConnectionError')
    return error
  }

  it('says when to come back: at the time that the server named', async () => {
    world.fake.fail({ path: '/api/token', times: 9, status: 429, retryAfter: 120 })
    const { code, retryable, retryAt } = await failure()
    expect({ code, retryable, retryAt }).toEqual({
      code: 'CONNECTION_REFRESH_FAILED',
      retryable: true,
      retryAt: world.now() + 120_000,
    })
  })

  it('says it to later callers too, without another request', async () => {
    world.fake.fail({ path: '/api/token', times: 9, status: 429, retryAfter: 120 })
    const { retryAt } = await failure()
    const before = world.tokenRequests()
    world.advance(60_000)
    expect((await failure()).retryAt).toBe(retryAt)
    expect(world.tokenRequests()).toBe(before)
  })

  it('names the end of its own backoff where the server named none', async () => {
    world.fake.fail({ path: '/api/token', times: 9, status: 503 })
    const { retryAt = 0 } = await failure()
    expect(retryAt).toBeGreaterThan(world.now())
    expect(retryAt).toBeLessThanOrEqual(world.now() + 1000)
    const stored = await world.store.get({ provider: 'spotify', ownerId: 'ann' })
    expect(retryAt).toBe(stored?.nextCheckAt)
  })

  it('names the time at which the open circuit lets a request through', async () => {
    const retryAt = world.now() + 10_000
    const other = world.another({
      tokenCircuit: () => Promise.reject(new SpotifyApiError('API_CIRCUIT_OPEN', 'The circuit is open.', { retryAt })),
    })
    await expect(other.accessToken('ann')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED', retryAt })
    await other.close()
  })

  it('carries the time as an own property that printing shows, and none where none is known', async () => {
    world.fake.fail({ path: '/api/token', times: 9, status: 429, retryAfter: 120 })
    expect(Object.keys(await failure())).toContain('retryAt')
    await world.connections.disconnect('ann')
    expect(Object.keys(await failure())).not.toContain('retryAt')
  })
})
