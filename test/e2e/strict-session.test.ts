import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session from 'express-session'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createConnections } from '../../src/connections/connections.ts'
import { stagedoorExpress } from '../../src/http/express.ts'
import { createHandler } from '../../src/http/handler.ts'
import { spotifyProvider } from '../../src/oauth/providers/spotify.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'
import { createVault, localKms } from '../../src/vault/index.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const server = createServer()
/** The callbacks that arrived: whether the session's cookie came along. */
const callbacks: boolean[] = []
let origin: string
let spotify: FakeSpotifyServer
let browser: Browser

beforeAll(async () => {
  spotify = await startFakeSpotify()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const redirectUri = `${origin}/api/v1/spotify/callback`
  const connections = createConnections({
    provider: spotifyProvider,
    clientId: 'strict',
    redirectUri,
    store: memoryStore(),
    vault: createVault({ kms: localKms({ keyId: 'test', key: randomBytes(32) }) }),
    loginKeys: [randomBytes(32)],
    // For the browser the stand-in is another site, as Spotify is: a port alone would not make it one.
    endpoints: {
      ...spotify.endpoints,
      authorization: spotify.endpoints.authorization.replace('127.0.0.1', 'localhost'),
    },
    fetch: (input, init) => fetch(String(input).replace('https://api.spotify.com', spotify.url), init),
  })
  const app = express()
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false, cookie: { sameSite: 'strict' } }))
  app.use((req, _res, next) => {
    if (req.path.endsWith('/callback')) callbacks.push(req.headers.cookie?.includes('connect.sid=') === true)
    next()
  })
  const source = {
    handler: <C>(options: Parameters<typeof createHandler<C>>[1]) =>
      createHandler({ connections, redirectUri }, options),
  }
  app.use(
    stagedoorExpress(source, { owner: (req) => (req.session as { userId?: string }).userId, afterConnect: '/home' }),
  )
  app.get('/login', (req, res) => {
    Object.assign(req.session, { userId: 'alice' })
    res.send('signed in')
  })
  app.get('/home', async (req, res) => {
    const { userId = '' } = req.session as { userId?: string }
    res.send(`status: ${(await connections.get(userId))?.status}`)
  })
  server.on('request', app)
  const executablePath = execFileSync('sh', ['-c', 'command -v chromium']).toString().trim()
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
})
afterAll(async () => {
  await browser?.close()
  server.close()
  server.closeAllConnections()
  await spotify.close()
})

async function consent(button: string): Promise<{ page: Page; problems: string[] }> {
  const page = await (await browser.newContext()).newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => /Content.Security.Policy/i.test(message.text()) && problems.push(message.text()))
  await page.goto(`${origin}/login`)
  await page.goto(`${origin}/api/v1/spotify/auth`)
  await page.getByRole('button', { name: button }).click()
  return { page, problems }
}

describe('a host whose session cookie is SameSite=Strict', () => {
  it('completes the sign-in, although Chromium leaves the cookie out of the way back', async () => {
    callbacks.length = 0
    const { page, problems } = await consent('Agree')
    await page.waitForURL(`${origin}/home`)
    expect(await page.textContent('body')).toBe('status: connected')
    expect(callbacks).toEqual([false, true])
    expect((await page.context().cookies(origin)).map(({ name }) => name)).toEqual(['connect.sid'])
    expect(problems).toEqual([])
  })

  it('shows a page of our own when the person declines, without a rule of axe-core broken', async () => {
    const { page } = await consent('Cancel')
    await page.getByRole('heading', { name: 'Spotify was not connected' }).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const broken = await page.evaluate(`${axe}; axe.run().then(({ violations }) => violations.map(({ id }) => id))`)
      expect(broken).toEqual([])
    }
    const again = page.getByRole('link', { name: 'Try again' })
    expect(await again.getAttribute('href')).toBe('/api/v1/spotify/auth')
  })
})
