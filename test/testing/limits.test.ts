import { describe, expect, it } from 'vitest'
import { createFakeSpotify, type LimitOptions } from '../../src/testing/index.ts'
import { callerOf } from './support/caller.ts'

const now = Date.UTC(2026, 9, 2, 12)

function world(limits: LimitOptions) {
  const fake = createFakeSpotify({ clock: now, limits, accessTokenLifetime: 172_800 })
  return { fake, call: callerOf(fake), other: callerOf(fake, { clientId: 'other' }) }
}

describe('the rate limit', () => {
  it('counts the calls of one application in any 30 seconds and sends Retry-After', async () => {
    const { fake, call, other } = world({ requests: 3 })
    for (let turn = 0; turn < 3; turn++) {
      expect((await call('GET /me')).status).toBe(200)
      fake.clock.advance(4000)
    }
    const refused = await call('GET /me')
    expect(refused).toMatchObject({ status: 429, body: { error: { message: 'API rate limit exceeded' } } })
    expect(refused.headers.get('retry-after')).toBe('18')
    expect((await other('GET /me')).status).toBe(200)
    fake.clock.advance(17_999)
    expect((await call('GET /me')).status).toBe(429)
    fake.clock.advance(1)
    expect((await call('GET /me')).status).toBe(200)
    expect((await call('GET /me')).status).toBe(429)
  })

  it('can extend the pause for calls that come too early', async () => {
    const { fake, call } = world({ requests: 1, penalty: 30_000 })
    await call('GET /me')
    expect((await call('GET /me')).headers.get('retry-after')).toBe('60')
    fake.clock.advance(30_000)
    expect((await call('GET /me')).headers.get('retry-after')).toBe('60')
    fake.clock.advance(60_000)
    expect((await call('GET /me')).status).toBe(200)
  })

  it.each([
    ['text', 'Too many requests'],
    ['empty', ''],
  ] as const)('can refuse with a body that is %s', async (body, text) => {
    const { call } = world({ requests: 0, body })
    expect(await call('GET /me')).toMatchObject({ status: 429, text })
  })
})

describe('the daily quota', () => {
  it('counts each group of endpoints on its own over any 24 hours', async () => {
    const { fake, call } = world({ quota: { artists: 2 } })
    const artist = fake.state.catalogue.id('artist', 0)
    expect((await call(`GET /artists/${artist}`)).status).toBe(200)
    fake.clock.advance(3_600_000)
    expect((await call(`GET /artists/${artist}/albums`)).status).toBe(200)
    const refused = await callerOf(fake)(`GET /artists/${artist}`)
    expect(refused).toMatchObject({
      status: 429,
      body: { error: { status: 429, message: 'Too many requests', reason: 'QUOTA_EXCEEDED' } },
    })
    expect(refused.headers.get('retry-after')).toBe(String(23 * 3600))
    expect((await call('GET /me/tracks')).status).toBe(200)
    fake.clock.advance(23 * 3_600_000)
    expect((await callerOf(fake)(`GET /artists/${artist}`)).status).toBe(200)
  })

  it('does not hold for applications with extended access', async () => {
    const { fake, call } = world({ quota: { me: 0 } })
    expect((await call('GET /me')).status).toBe(429)
    fake.state.appMode = 'extended'
    expect((await call('GET /me')).status).toBe(200)
  })
})
