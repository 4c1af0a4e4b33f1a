import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeSpotify } from '../../src/testing/index.ts'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'

describe('the loopback server', () => {
  let server: FakeSpotifyServer

  beforeEach(async () => {
    server = await startFakeSpotify()
  })
  afterEach(() => server.close())

  const get = (path: string, token = server.fake.issue().accessToken): Promise<Response> =>
    fetch(server.endpoints.api + path, { headers: { authorization: `Bearer ${token}` } })

  it('listens on a loopback address only and names its endpoints', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(server.endpoints).toEqual({
      authorization: `${server.url}/authorize`,
      token: `${server.url}/api/token`,
      api: `${server.url}/v1`,
    })
  })

  it('uses its own address in every response, images included', async () => {
    const { body } = { body: (await (await get('/me/tracks?limit=1')).json()) as { next: string; items: unknown[] } }
    expect(body.next).toMatch(new RegExp(`^${server.url}/v1/me/tracks\\?`))
    const text = JSON.stringify(body)
    expect(text).not.toContain('https://api.spotify.com')
    const picture = /http:\/\/127[^"]+\/image\/[^"]+/.exec(text)?.[0] ?? ''
    const response = await fetch(picture)
    expect(response.headers.get('content-type')).toBe('image/svg+xml')
    expect(await response.text()).toMatch(/^<svg/)
    expect((await fetch(`${server.url}/image/none`)).status).toBe(404)
  })

  it('cuts sockets for faults', async () => {
    const { accessToken } = server.fake.issue()
    server.fake.fail({ path: '/me', cut: 'before' })
    await expect(get('/me', accessToken)).rejects.toThrow('fetch failed')
    server.fake.fail({ path: '/me', cut: 'middle' })
    const response = await get('/me', accessToken)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow('terminated')
  })

  it('sends cookies and redirects of the authorization page to browsers', async () => {
    const url = new URL(server.endpoints.authorization)
    url.search = new URLSearchParams({
      client_id: 'app',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:9/cb',
    }).toString()
    const body = new URLSearchParams({ user: 'ada', decision: 'approve' })
    const response = await fetch(url, { method: 'POST', body, redirect: 'manual' })
    expect(response.status).toBe(303)
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^fake-spotify-user=ada; Path=\/authorize/)])
  })

  it('survives requests that no client would send', async () => {
    const { port } = new URL(server.url)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', path: '//', headers: { host: 'bad host' } }, (incoming) => {
        incoming.resume()
        resolve(incoming.statusCode)
      })
      outgoing.on('error', () => resolve(undefined)).end()
      outgoing.on('timeout', reject)
    })
    expect(status).toBe(400)
    expect((await get('/me')).status).toBe(200)
  })

  it('sends the date of its own clock', async () => {
    const started = Date.UTC(2026, 0, 1)
    const second = await startFakeSpotify({ clock: started })
    second.fake.clock.advance(86_400_000)
    const response = await fetch(`${second.endpoints.api}/me`)
    expect(response.headers.get('date')).toBe('Fri, 02 Jan 2026 00:00:00 GMT')
    await second.close()
  })

  it('serves a fake that exists already', async () => {
    const fake = createFakeSpotify({ users: [{ id: 'only' }] })
    const second = await startFakeSpotify({ fake })
    const { accessToken } = fake.issue()
    const me = await fetch(`${second.endpoints.api}/me`, { headers: { authorization: `Bearer ${accessToken}` } })
    expect(await me.json()).toMatchObject({ id: 'only' })
    await second.close()
  })

  it('rejects when the port is in use', async () => {
    const port = Number(new URL(server.url).port)
    await expect(startFakeSpotify({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
