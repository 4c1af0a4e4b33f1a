import { fastify } from 'fastify'
import { describe, expect, test } from 'vitest'
import { stagedoorFastify } from '../../src/http/fastify.ts'
import { hosts } from './support/hosts.ts'
import { Browser, createWorld, paths } from './support/world.ts'

describe.each(hosts)('$name', ({ start }) => {
  test('the redirect URI’s own path completes a sign-in, and is the host’s otherwise', async () => {
    const world = createWorld({ redirectUri: 'http://127.0.0.1:3000/api/signed-in' })
    const host = await start(world.source, { afterConnect: '/home' })
    const alice = new Browser(host, 'alice')
    const back = await alice.consent(world.fake)
    expect(back).toMatch(/^\/api\/signed-in\?/)
    expect((await alice.open('/api/signed-in?page=2')).status).toBe(404)
    expect((await alice.open(back)).headers.get('location')).toBe('/home')
    expect(await world.stored()).toEqual(['alice'])
    await host.close()
  })

  test('the callback below the base path serves it too, for a proxy that shortens paths', async () => {
    const world = createWorld({ redirectUri: 'http://127.0.0.1:3000/public/api/v1/spotify/callback' })
    const host = await start(world.source, { afterConnect: '/home' }).catch((error: { code?: string }) => error.code)
    // Fastify registers the redirect URI's path as well, which is outside of its prefix here.
    if (typeof host !== 'object') return expect(host).toBe('CONFIG_REDIRECT_URI')
    const alice = new Browser(host, 'alice')
    const back = await alice.consent(world.fake)
    expect((await alice.open(back.replace('/public', ''))).headers.get('location')).toBe('/home')
    await host.close()
  })
})

test('Fastify refuses to register a redirect URI outside of its prefix', async () => {
  const app = fastify()
  const { source } = createWorld({ redirectUri: 'http://127.0.0.1:3000/signed-in' })
  app.register(stagedoorFastify(source, { owner: () => 'alice' }), { prefix: '/api' })
  await expect(app.ready()).rejects.toMatchObject({ code: 'CONFIG_REDIRECT_URI' })
})

test('a redirect URI on a listed origin is a page there, which posts what it was sent', async () => {
  const web = 'https://web.example.com'
  const world = createWorld({ redirectUri: `${web}/signed-in` })
  const host = await hosts[0]!.start(world.source, { origin: 'https://api.example.com', allowedOrigins: [web] })
  const alice = new Browser(host, 'alice')
  const from = { origin: web, 'sec-fetch-site': 'same-site', accept: 'application/json' }
  const begun = await alice.send({ method: 'GET', path: paths.auth, headers: from })
  expect(begun.headers.get('access-control-allow-origin')).toBe(web)
  expect([...alice.cookies.keys()]).toEqual([expect.stringMatching(/^__Host-stagedoor_login_/)])
  const back = await world.fake.approve(JSON.parse(begun.text).authorizationUrl)
  expect(back.origin + back.pathname).toBe(`${web}/signed-in`)
  expect((await alice.open(back.pathname + back.search)).status).toBe(404)
  const done = await alice.send({
    method: 'POST',
    path: paths.callback,
    headers: { ...from, 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(back.searchParams)),
  })
  expect([done.status, done.headers.get('access-control-allow-credentials')], done.text).toEqual([200, 'true'])
  expect(await world.stored()).toEqual(['alice'])
})

describe('the login cookie', () => {
  const setCookies = async (redirectUri: string): Promise<string[]> => {
    const world = createWorld({ redirectUri })
    const handle = world.source.handler({ owner: () => 'alice' })
    const response = await handle(new Request(new URL(paths.auth, redirectUri)), undefined)
    return response.headers.getSetCookie()
  }

  test('is bound to the host and to https where the origin is https', async () => {
    expect(await setCookies(`https://app.example${paths.callback}`)).toEqual([
      expect.stringMatching(
        /^__Host-stagedoor_login_[\w-]{16}=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ])
  })

  test('is sent over http on a loopback address, where browsers refuse Secure', async () => {
    expect(await setCookies(`http://127.0.0.1:3000${paths.callback}`)).toEqual([
      expect.stringMatching(/^stagedoor_login_[\w-]{16}=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/),
    ])
  })
})
