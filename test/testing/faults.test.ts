import { describe, expect, it } from 'vitest'
import { createFakeSpotify, type FaultRule } from '../../src/testing/index.ts'
import { callerOf, postToken, send } from './support/caller.ts'

const now = Date.UTC(2026, 9, 2, 12)

describe('a fault', () => {
  it('applies once by default', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    const fault = fake.fail({ path: '/me', status: 500 })
    expect((await call('GET /me')).status).toBe(500)
    expect((await call('GET /me')).status).toBe(200)
    expect(fault.hits).toBe(1)
  })

  it('strikes only what its conditions name', async () => {
    const fake = createFakeSpotify()
    const ada = callerOf(fake)
    const ben = callerOf(fake, { user: 'ben' })
    fake.fail({ path: '/v1/me/*', method: 'get', user: 'ben', after: 1, times: 2, status: 503 })
    expect((await ada('GET /me/tracks')).status).toBe(200)
    expect((await ben('GET /me')).status).toBe(200)
    const statuses: number[] = []
    for (let turn = 0; turn < 4; turn++) statuses.push((await ben('GET /me/tracks')).status)
    expect(statuses).toEqual([200, 503, 503, 200])
  })

  it('can be drawn by chance, the same way for the same seed', async () => {
    const outcomes = async (): Promise<number[]> => {
      const fake = createFakeSpotify({ seed: 5 })
      const call = callerOf(fake)
      fake.fail({ path: /^\/v1\/me$/, probability: 0.5, status: 502 })
      const statuses: number[] = []
      for (let turn = 0; turn < 40; turn++) statuses.push((await call('GET /me')).status)
      return statuses
    }
    const first = await outcomes()
    expect(await outcomes()).toEqual(first)
    const failed = first.filter((status) => status === 502).length
    expect(failed).toBeGreaterThan(8)
    expect(failed).toBeLessThan(32)
  })

  it('can last for a time of the clock', async () => {
    const fake = createFakeSpotify({ clock: now })
    const call = callerOf(fake)
    fake.fail({ from: now + 1000, until: now + 2000, status: 503 })
    const statuses: number[] = []
    for (let turn = 0; turn < 4; turn++) {
      statuses.push((await call('GET /me')).status)
      fake.clock.advance(700)
    }
    expect(statuses).toEqual([200, 200, 503, 200])
  })

  it.each<[string, FaultRule, { text: string; type: string | null }]>([
    [
      'json',
      { status: 429, retryAfter: 7 },
      { text: '{"error":{"status":429,"message":"API rate limit exceeded"}}', type: 'application/json; charset=utf-8' },
    ],
    [
      'json with a reason',
      { status: 429, message: 'Too many requests', reason: 'QUOTA_EXCEEDED' },
      {
        text: '{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}',
        type: 'application/json; charset=utf-8',
      },
    ],
    ['text', { status: 504, body: 'text' }, { text: 'upstream request timeout', type: 'text/plain; charset=utf-8' }],
    ['empty', { status: 429, body: 'empty' }, { text: '', type: null }],
    [
      'their own',
      { status: 200, body: { content: '{"truncated":' } },
      { text: '{"truncated":', type: 'application/json' },
    ],
  ])('can respond with a body that is %s', async (_, rule, expected) => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    fake.fail({ path: '/me', ...rule })
    const reply = await call('GET /me')
    expect(reply.status).toBe(rule.status)
    expect(reply.text).toBe(expected.text)
    expect(reply.headers.get('content-type')).toBe(expected.type)
    expect(reply.headers.get('retry-after')).toBe(rule.retryAfter === undefined ? null : '7')
  })

  it('can respond with an HTML page of a proxy', async () => {
    const fake = createFakeSpotify()
    fake.fail({ path: '/api/token', status: 403, body: 'html' })
    const reply = await postToken(fake, { grant_type: 'client_credentials' })
    expect(reply.text).toMatch(/^<html>/)
  })

  it('can cut the connection before anything is done', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    const track = `spotify:track:${fake.state.catalogue.id('track', 900)}`
    fake.fail({ method: 'PUT', cut: 'before' })
    await expect(call(`PUT /me/library?uris=${track}`)).rejects.toThrow('fetch failed')
    expect((await call(`GET /me/library/contains?uris=${track}`)).body).toEqual([false])
    expect(fake.requests.matching({ method: 'PUT' })).toMatchObject([{ status: 0 }])
  })

  it('can lose the response after the request took effect', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    const track = `spotify:track:${fake.state.catalogue.id('track', 900)}`
    fake.fail({ method: 'PUT', cut: 'after' })
    await expect(call(`PUT /me/library?uris=${track}`)).rejects.toThrow('fetch failed')
    expect((await call(`GET /me/library/contains?uris=${track}`)).body).toEqual([true])
  })

  it('can break off in the middle of a body', async () => {
    const fake = createFakeSpotify()
    const { accessToken } = fake.issue()
    fake.fail({ path: '/me', cut: 'middle' })
    const headers = { authorization: `Bearer ${accessToken}` }
    const response = await fake.fetch('https://api.spotify.com/v1/me', { headers })
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow('cut the connection')
  })

  it('can let one request take effect twice', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    const before = (await call('GET /me/playlists')).body.total
    fake.fail({ method: 'POST', duplicate: true })
    await call('POST /me/playlists', { body: { name: 'Once' } })
    expect((await call('GET /me/playlists')).body.total).toBe(before + 2)
  })

  it('can wait for the clock first', async () => {
    const fake = createFakeSpotify({ clock: now })
    const call = callerOf(fake)
    fake.fail({ path: '/me', delay: 5000 })
    let done = false
    const reply = call('GET /me').then((value) => {
      done = true
      return value
    })
    await call('GET /me/tracks')
    fake.clock.advance(4999)
    await call('GET /me/tracks')
    expect(done).toBe(false)
    fake.clock.advance(1)
    expect((await reply).status).toBe(200)
  })

  it('stops waiting when the caller aborts', async () => {
    const fake = createFakeSpotify({ clock: now })
    const { accessToken } = fake.issue()
    const track = fake.uri('track', 900)
    fake.fail({ method: 'PUT', delay: 5000 })
    const controller = new AbortController()
    const headers = { authorization: `Bearer ${accessToken}` }
    const url = `https://api.spotify.com/v1/me/library?uris=${track}`
    const reply = fake.fetch(url, { method: 'PUT', headers, signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(reply).rejects.toThrow('enough')
    fake.clock.advance(10_000)
    expect((await send(fake, `GET /me/library/contains?uris=${track}`, accessToken)).body).toEqual([false])
  })

  it('can call a good refresh token bad without harming it', async () => {
    const fake = createFakeSpotify()
    const { refreshToken } = fake.issue({ clientId: 'app' })
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'app' }
    fake.fail({ invalidGrant: true })
    expect((await postToken(fake, form)).body.error).toBe('invalid_grant')
    expect((await postToken(fake, form)).status).toBe(200)
  })

  it('can put the clock of the server ahead', async () => {
    const fake = createFakeSpotify({ clock: now })
    const { accessToken } = fake.issue()
    fake.clock.advance(3_500_000)
    fake.fail({ path: '/me', clockSkew: 120_000 })
    const reply = await send(fake, 'GET /me', accessToken)
    expect(reply.status).toBe(401)
    expect(Date.parse(reply.headers.get('date') ?? '')).toBe(now + 3_620_000)
    expect((await send(fake, 'GET /me', accessToken)).status).toBe(200)
  })

  it('can respond with a status that has no body', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    fake.fail({ path: '/me', status: 304, body: 'text' })
    expect(await call('GET /me')).toMatchObject({ status: 304, text: '' })
    fake.fail({ path: '/me/player', cut: 'middle' })
    await expect(call('GET /me/player')).rejects.toThrow('fetch failed')
  })

  it('that is misspelt or does nothing is refused', () => {
    const fake = createFakeSpotify()
    expect(() => fake.fail({ path: '/me', stauts: 500 } as FaultRule)).toThrow('a fault has no member stauts')
    expect(() => fake.fail({ path: '/me', times: 3 })).toThrow('a fault needs an effect')
  })

  it('can be taken back', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake)
    const fault = fake.fail({ status: 500, times: 5 })
    await call('GET /me')
    fault.remove()
    expect((await call('GET /me')).status).toBe(200)
    expect(fake.faults).toEqual([])
  })
})
