import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NextRequest } from 'next/server.js'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFakeSpotify } from '../../src/testing/index.ts'
import type { Running } from '../http/hosts.ts'
import { sendTo } from '../http/http-client.ts'
import { Browser, paths } from '../http/world.ts'

type Route = Partial<Record<string, (request: NextRequest) => Promise<Response>>>

const origin = 'http://127.0.0.1:3000'
const key = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

describe('the example for Next.js', () => {
  const fake = createFakeSpotify({ users: [{ id: 'ada', library: { tracks: 12 } }] })
  const cwd = mkdtempSync(join(tmpdir(), 'example-'))
  const before = process.cwd()
  let host: Running
  beforeAll(async () => {
    process.chdir(cwd)
    vi.stubEnv('SPOTIFY_CLIENT_ID', 'test-client')
    vi.stubEnv('SPOTIFY_REDIRECT_URI', origin + paths.callback)
    vi.stubEnv('STAGEDOOR_LOGIN_KEYS', key())
    vi.stubEnv('STAGEDOOR_VAULT_KEY', key())
    vi.stubGlobal('fetch', fake.fetch)
    const page: Route = await import('../../examples/next/app/route.ts')
    const endpoints: Route = await import('../../examples/next/app/api/v1/spotify/[...path]/route.ts')
    const call = (request: Request): Promise<Response> => {
      const { pathname } = new URL(request.url)
      const route = pathname === '/' ? page : pathname.startsWith('/api/v1/spotify/') ? endpoints : {}
      const handle = route[request.method]
      return handle === undefined
        ? Promise.resolve(new Response(null, { status: 404 }))
        : handle(new NextRequest(request))
    }
    host = { send: (sent) => sendTo(call, origin, sent), close: async () => {} }
  })
  afterAll(async () => {
    const { stagedoor } = await import('../../examples/base/stagedoor.ts')
    await stagedoor.close()
    vi.unstubAllEnvs()
    vi.unstubAllGlobals()
    process.chdir(before)
    rmSync(cwd, { recursive: true })
  })

  test('connects a visitor, shows the saved tracks, and disconnects', async () => {
    const visitor = new Browser(host, undefined)
    expect((await visitor.open('/')).text).toContain('Connect Spotify')
    const done = await visitor.open(await visitor.consent(fake, { query: '?returnTo=/' }))
    expect([done.status, done.headers.get('location')], done.text).toEqual([303, '/'])
    expect((await visitor.open('/')).text.match(/<li>/g)).toHaveLength(10)
    expect((await visitor.ask(paths.connection, 'DELETE')).status).toBe(204)
    expect((await visitor.open('/')).text).toContain('Connect Spotify')
  })
})
