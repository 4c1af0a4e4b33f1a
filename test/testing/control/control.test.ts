import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { control } from '../../../src/testing/control/control.ts'
import { type FakeSpotifyServer, startFakeSpotify } from '../../../src/testing/server.ts'

const now = Date.UTC(2026, 9, 2, 12)

describe('the control API', () => {
  let server: FakeSpotifyServer

  beforeEach(async () => {
    server = await startFakeSpotify({ clock: now })
  })
  afterEach(() => server.close())

  async function send(route: string, input?: unknown) {
    const [method = 'GET', path = ''] = route.split(' ')
    const init: RequestInit = { method, headers: { 'content-type': 'application/json' } }
    if (input !== undefined) init.body = JSON.stringify(input)
    const response = await fetch(`${server.url}/_fake/${path}`, init)
    const text = await response.text()
    return { status: response.status, text, body: text === '' ? undefined : JSON.parse(text) }
  }

  it('shows state and history of the fake, without a token or code', async () => {
    const { body: tokens } = await send('POST tokens', { user: 'ben', clientId: 'app', scopes: ['user-read-private'] })
    const me = await fetch(`${server.endpoints.api}/me`, { headers: { authorization: `Bearer ${tokens.accessToken}` } })
    expect(await me.json()).toMatchObject({ id: 'ben', product: 'free' })
    const state = await send('GET state')
    expect(state.body).toMatchObject({ now, appMode: 'development', ownerPremium: true, requests: 1, grants: 1 })
    const requests = await send('GET requests')
    expect(requests.body).toMatchObject([{ method: 'GET', path: '/v1/me', user: 'ben', clientId: 'app', status: 200 }])
    const listed = await send('GET tokens')
    expect(listed.body).toMatchObject([
      { kind: 'access', uses: 1 },
      { kind: 'refresh', uses: 0 },
    ])
    expect((await send('GET grants')).body).toMatchObject([{ user: 'ben', clientId: 'app', flow: 'pkce' }])
    const page = await (await fetch(server.url)).text()
    expect(page).toContain('/v1/me')
    for (const text of [state.text, requests.text, listed.text, page]) {
      expect(text).not.toContain(tokens.accessToken)
      expect(text).not.toContain(tokens.refreshToken)
    }
  })

  it('moves the clock, sets faults and takes them away', async () => {
    expect((await send('POST clock', { advance: 5000 })).body).toEqual({ now: now + 5000 })
    expect((await send('POST faults', { path: '/me', status: 503, times: 2 })).status).toBe(201)
    expect((await send('POST faults', { path: '/me' })).body.error).toContain('a fault needs an effect')
    expect((await fetch(`${server.endpoints.api}/me`)).status).toBe(503)
    expect((await send('GET faults')).body).toMatchObject([{ hits: 1, rule: { status: 503 } }])
    expect((await send('DELETE faults')).status).toBe(204)
    expect((await fetch(`${server.endpoints.api}/me`)).status).toBe(401)
  })

  it('changes users and the application', async () => {
    expect((await send('PATCH users/dana', { allowlisted: true, product: 'free' })).body).toMatchObject({
      allowlisted: true,
      product: 'free',
    })
    expect(server.fake.state.users.get('dana')).toMatchObject({ allowlisted: true, product: 'free' })
    await send('PATCH state', { ownerPremium: false, appMode: 'extended' })
    expect(server.fake.state).toMatchObject({ ownerPremium: false, appMode: 'extended' })
    expect((await send('PATCH users/unknown', {})).status).toBe(404)
    expect((await send('POST nonsense', {})).status).toBe(404)
  })

  it('signs in, revokes and starts over', async () => {
    const url = `${server.endpoints.authorization}?client_id=app&response_type=code&redirect_uri=http://127.0.0.1:9/cb`
    const approved = await send('POST approve', { url, user: 'ada' })
    expect(approved.body.url).toMatch(/^http:\/\/127\.0\.0\.1:9\/cb\?code=AQ/)
    await send('POST revoke', { user: 'ada' })
    expect(server.fake.grants[0]?.revokedAt).toBe(now)
    expect((await send('POST reset')).status).toBe(204)
    expect(server.fake.grants).toEqual([])
  })

  it('lets its own page press buttons, and no other page', async () => {
    const press = (origin: string | undefined): Promise<Response> =>
      fetch(`${server.url}/_fake/clock`, {
        method: 'POST',
        headers: origin === undefined ? {} : { origin },
        body: new URLSearchParams({ advance: '1000' }),
        redirect: 'manual',
      })
    expect((await press(server.url)).status).toBe(303)
    expect(server.fake.clock.now()).toBe(now + 1000)
    for (const origin of [undefined, 'null', 'https://evil.example'])
      expect((await press(origin)).status, origin).toBe(415)
    expect(server.fake.clock.now()).toBe(now + 1000)
  })

  it('serves loopback hosts only, so that no name that resolves to this machine reaches it', async () => {
    const statusOf = async (host: string): Promise<number | undefined> =>
      (await control(server.fake, new Request(`http://${host}/_fake/state`)))?.status
    for (const host of ['127.0.0.1:9', 'localhost:9', '[::1]:9']) expect(await statusOf(host), host).toBe(200)
    for (const host of ['evil.example', '127.0.0.1.evil.example', '127.0.0.2']) {
      expect(await statusOf(host), host).toBe(403)
    }
  })

  it('refuses bodies that are no objects', async () => {
    expect((await send('POST clock', [1])).status).toBe(400)
    const headers = { 'content-type': 'application/json' }
    expect((await fetch(`${server.url}/_fake/clock`, { method: 'POST', headers, body: '{' })).status).toBe(400)
  })
})
