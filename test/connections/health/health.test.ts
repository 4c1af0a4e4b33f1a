import { describe, expect, test, vi } from 'vitest'
import { SpotifyApiError } from '../../../src/errors.ts'
import { createWorld, day, hour, minute, start } from '../support/world.ts'

const api = { status: 'ok' as const }

describe('health', () => {
  test('follows a connection from sign-in to the end of its grant', async () => {
    const world = createWorld()
    const status = async () => (await world.connections.health('ada')).status
    expect(await status()).toBe('disconnected')
    await world.connect('ada')
    expect(await status()).toBe('healthy')
    world.advance(55 * minute)
    expect(await status()).toBe('refresh_due')
    world.fake.fail({ path: '/api/token', status: 500 })
    await world.connections.accessToken('ada')
    await vi.waitFor(async () => expect(await status()).toBe('degraded'))
    world.advance(minute)
    await world.connections.accessToken('ada')
    await vi.waitFor(async () => expect(await status()).toBe('healthy'))
    world.advance(170 * day)
    expect(await status()).toBe('reauth_due_soon')
    world.advance(14 * day)
    await world.connections.accessToken('ada').catch(() => undefined)
    expect(await status()).toBe('needs_reauth')
    await world.connections.disconnect('ada')
    expect(await status()).toBe('disconnected')
  })

  test('reports both ends, the last error and the state of the API', async () => {
    const until = new Date(start + minute)
    const world = createWorld({ apiHealth: () => ({ status: 'quota_exceeded', until }) })
    await world.connect('ada', 0)
    world.fake.fail({ path: '/api/token', times: 9, status: 429, retryAfter: 1 })
    await world.connections.accessToken('ada').catch(() => undefined)
    world.advance(2000)
    await world.connections.accessToken('ada').catch(() => undefined)
    expect(await world.connections.health('ada')).toEqual({
      status: 'degraded',
      checkedAt: new Date(start + 2000),
      expiresAt: new Date(start),
      reauthorizeBy: new Date(Date.UTC(2027, 2, 1)),
      lastError: { code: 'API_RATE_LIMITED', at: new Date(start + 2000), attempts: 2, origin: 'provider' },
      api: { status: 'quota_exceeded', until },
    })
  })

  test('makes no request and opens no token', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    await world.connections.health('ada')
    expect(world.fake.requests.all).toHaveLength(0)
  })

  test('is asked for a moment by an aborted caller', async () => {
    const world = createWorld()
    await expect(world.connections.health('ada', { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
  })
})

describe('a probe', () => {
  test('makes one real call with a token that lives', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    expect(await world.connections.health('ada', { probe: true })).toMatchObject({ status: 'healthy', api })
    expect(world.tokenRequests()).toBe(1)
    expect(world.fake.requests.matching({ path: '/v1/me' })).toHaveLength(1)
  })

  test('finds out that the grant has ended', async () => {
    const world = createWorld()
    await world.connect('ada', 0)
    world.fake.revoke()
    expect(await world.connections.health('ada')).toMatchObject({ status: 'refresh_due' })
    expect(await world.connections.health('ada', { probe: true })).toMatchObject({ status: 'needs_reauth' })
  })

  test('of an owner without connection is none', async () => {
    const probe = vi.fn()
    const world = createWorld({ probe })
    expect(await world.connections.health('ada', { probe: true })).toMatchObject({ status: 'disconnected' })
    expect(probe).not.toHaveBeenCalled()
  })

  test('that fails makes the connection degraded for as long as it is looked at', async () => {
    const probe = vi.fn().mockRejectedValue(new SpotifyApiError('API_UNREACHABLE', 'No response.'))
    const world = createWorld({ probe })
    await world.connect('ada')
    expect(await world.connections.health('ada', { probe: true })).toMatchObject({
      status: 'degraded',
      lastError: { code: 'API_UNREACHABLE', attempts: 1 },
    })
    expect(await world.connections.health('ada')).toMatchObject({ status: 'healthy' })
    expect(probe).toHaveBeenCalledWith('ada', { signal: undefined })
  })

  test('that is refused because the application is busy says nothing about the connection', async () => {
    const probe = async () => {
      throw new SpotifyApiError('API_RATE_LIMITED', 'Too many requests.')
    }
    const world = createWorld({ probe })
    await world.connect('ada')
    expect(await world.connections.health('ada', { probe: true })).toMatchObject({ status: 'healthy' })
  })

  test('passes the caller’s abort on as it is', async () => {
    const controller = new AbortController()
    const world = createWorld({
      async probe(_ownerId, { signal }) {
        controller.abort('enough')
        signal?.throwIfAborted()
      },
    })
    await world.connect('ada')
    const { signal } = controller
    await expect(world.connections.health('ada', { probe: true, signal })).rejects.toBe('enough')
  })
})

test('counts of all connections by health leave out what there is none of', async () => {
  const world = createWorld()
  await world.connect('ada')
  await world.connect('grace', 0)
  await world.connect('linus', hour)
  expect(await world.connections.count()).toEqual({ healthy: 2, refresh_due: 1 })
})
