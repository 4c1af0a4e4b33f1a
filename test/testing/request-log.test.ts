import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createFakeSpotify } from '../../src/testing/index.ts'
import { callerOf, postToken } from './support/caller.ts'

describe('the tokens and grants', () => {
  it('can be checked, and list what there is instead', async () => {
    const fake = createFakeSpotify({ rotation: 'always' })
    const { refreshToken } = fake.issue({ clientId: 'app', scopes: ['streaming'] })
    await postToken(fake, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'app' })
    expect(fake.tokens.expect({ kind: 'refresh', user: 'ada', revoked: true }, 1)[0]?.value).toBe(refreshToken)
    expect(fake.tokens.matching({ kind: 'access', used: false })).toHaveLength(2)
    expect(fake.grants.expect({ clientId: 'app', revoked: false })).toHaveLength(1)
    expect(() => fake.tokens.expect({ kind: 'access', used: true })).toThrow(
      [
        'expected at least 1 token(s) with kind access, used true, saw 0.',
        'The fake saw:',
        '  access of ada for app, used 0 time(s)',
        '  refresh of ada for app, used 1 time(s), revoked',
        '  access of ada for app, used 0 time(s)',
        '  refresh of ada for app, used 0 time(s)',
      ].join('\n'),
    )
    fake.revoke()
    expect(() => fake.grants.expect({ revoked: false }, 1)).toThrow('  ada to app, revoked, scopes streaming')
    expect(fake.tokens.filter(({ kind }) => kind === 'code')).toEqual([])
  })
})

describe('the request log', () => {
  it('lists the user, the request and the outcome', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake, { user: 'ben', clientId: 'app' })
    await call('GET /me/tracks?limit=3')
    await call('POST /me/playlists', { body: { name: 'X' } })
    expect(fake.requests.all).toMatchObject([
      {
        method: 'GET',
        path: '/v1/me/tracks',
        operation: 'get-users-saved-tracks',
        user: 'ben',
        clientId: 'app',
        status: 200,
      },
      { method: 'POST', path: '/v1/me/playlists', body: '{"name":"X"}', status: 201 },
    ])
    expect(fake.requests.last?.query.size).toBe(0)
    expect(fake.requests.count({ path: '/me/tracks' })).toBe(1)
    expect(fake.requests.matching({ operation: 'create-playlist', status: 201 })).toHaveLength(1)
    expect([...fake.requests]).toHaveLength(2)
  })

  it('lists in its failures what happened instead', async () => {
    const fake = createFakeSpotify()
    expect(() => fake.requests.expect({ method: 'PUT' })).toThrow('The fake saw no request at all.')
    const call = callerOf(fake)
    fake.fail({ path: '/me', status: 500 })
    await call('GET /me')
    await call('GET /me/tracks?limit=1')
    await postToken(fake, { grant_type: 'refresh_token', refresh_token: 'AQsecret', client_id: 'app' })
    expect(fake.requests.expect({ path: '/me/*' }, 1)).toHaveLength(1)
    let message = ''
    try {
      fake.requests.expect({ method: 'PUT', path: '/me/library' }, 2)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message.split('\n')).toEqual([
      'expected 2 request(s) with method PUT, path /me/library, saw 0.',
      'The fake saw:',
      '  GET /v1/me → 500 (user ada, fault)',
      '  GET /v1/me/tracks?limit=1 → 200 (user ada)',
      '  POST /api/token → 400 invalid_grant: Invalid refresh token (refresh_token)',
    ])
  })

  it('keeps the error message of a response', async () => {
    const fake = createFakeSpotify()
    const call = callerOf(fake, { user: 'dana', scopes: [] })
    await call('GET /me')
    fake.state.appMode = 'extended'
    await call('GET /me/tracks')
    await fake.fetch('https://accounts.spotify.com/authorize?client_id=a&redirect_uri=http://localhost/x')
    expect(fake.requests.all.map(({ error }) => error)).toEqual([
      'User not registered in the Developer Dashboard',
      'Insufficient client scope',
      'INVALID_CLIENT: Insecure redirect URI',
    ])
  })

  it('keeps no credentials', async () => {
    const fake = createFakeSpotify()
    const tokens = fake.issue({ clientId: 'app' })
    await callerOf(fake)('GET /me')
    await postToken(fake, { grant_type: 'refresh_token', refresh_token: tokens.refreshToken, client_id: 'app' })
    const shown =
      inspect([fake.requests, fake.tokens, fake.grants], { depth: 8 }) +
      JSON.stringify([fake.requests.all, fake.tokens])
    for (const token of fake.tokens) expect(shown).not.toContain(token.value)
  })

  it('is bounded', async () => {
    const fake = createFakeSpotify({ keepRequests: 10 })
    const call = callerOf(fake)
    for (let turn = 0; turn < 40; turn++) await call(`GET /me?turn=${turn}`)
    expect(fake.requests.all.length).toBeLessThanOrEqual(15)
    expect(fake.requests.last?.query.get('turn')).toBe('39')
  })

  it('goes with everything else when the fake starts over', async () => {
    const fake = createFakeSpotify({ clock: 1000 })
    const call = callerOf(fake)
    const before = (await call('GET /me/tracks?limit=50')).body
    await call(`DELETE /me/library?uris=${before.items[0].track.uri}`)
    fake.fail({ status: 500 })
    fake.clock.advance(60_000)
    fake.state.ownerPremium = false
    fake.reset()
    expect(fake.requests.all).toEqual([])
    expect(fake.tokens).toEqual([])
    expect(fake.faults).toEqual([])
    expect(fake.clock.now()).toBe(1000)
    expect((await call('GET /me')).status).toBe(401)
    expect((await callerOf(fake)('GET /me/tracks?limit=50')).body).toEqual(before)
  })
})
