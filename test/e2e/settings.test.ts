import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDemo, startDemo } from '../support/demo.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stagedoor-demo-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const good = { SPOTIFY_CLIENT_ID: 'a-client-id', SPOTIFY_REDIRECT_URI: 'http://127.0.0.1:0/api/v1/spotify/callback' }

describe('the demo with variables of a real application', () => {
  const cases: readonly [string, Record<string, string>, RegExp][] = [
    ['no redirect URI', { SPOTIFY_CLIENT_ID: 'a-client-id' }, /^SPOTIFY_REDIRECT_URI is not set/],
    ['no client id', { SPOTIFY_REDIRECT_URI: good.SPOTIFY_REDIRECT_URI }, /^SPOTIFY_CLIENT_ID is not set/],
    [
      'a redirect URI on localhost',
      { ...good, SPOTIFY_REDIRECT_URI: 'http://localhost:8888/callback' },
      /^SPOTIFY_REDIRECT_URI: .*localhost/,
    ],
    [
      'a redirect URI without https',
      { ...good, SPOTIFY_REDIRECT_URI: 'http://app.example/callback' },
      /^SPOTIFY_REDIRECT_URI: .*https/,
    ],
    ['a redirect URI that is none', { ...good, SPOTIFY_REDIRECT_URI: 'callback' }, /^SPOTIFY_REDIRECT_URI: .*absolute/],
    [
      'a client id with white space',
      { ...good, SPOTIFY_CLIENT_ID: 'a client id' },
      /^SPOTIFY_CLIENT_ID: .*white space/,
    ],
    ['an application mode that is none', { ...good, SPOTIFY_APP_MODE: 'production' }, /^SPOTIFY_APP_MODE is/],
    ['a short login key', { ...good, STAGEDOOR_LOGIN_KEYS: 'short' }, /^STAGEDOOR_LOGIN_KEYS holds/],
    ['a short vault key', { ...good, STAGEDOOR_VAULT_KEY: 'short' }, /^STAGEDOOR_VAULT_KEY: /],
    ['a port that is none', { ...good, PORT: 'http' }, /^PORT is/],
  ]
  for (const [name, env, line] of cases) {
    it(`names the problem in one line when there is ${name}`, async () => {
      const { code, stdout, stderr } = await runDemo({ DEMO_DATA: folder, ...env })
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(stderr).toMatch(line)
    })
  }

  it('reports that the port is in use', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const { code, stderr } = await runDemo({ DEMO_DATA: folder, PORT: String(port) })
    taken.close()
    expect(code).toBe(1)
    expect(stderr).toMatch(/^PORT \d+ is in use/)
  })

  it('sends people to the real Spotify, from the port of the redirect URI, when everything is set', async () => {
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
    const { port } = free.address() as { port: number }
    await new Promise((resolve) => free.close(resolve))
    const redirectUri = `http://127.0.0.1:${port}/api/v1/spotify/callback`
    const demo = await startDemo({ DEMO_DATA: folder, ...good, SPOTIFY_REDIRECT_URI: redirectUri })
    try {
      expect(demo.url).toBe(`http://127.0.0.1:${port}`)
      const { headers } = await fetch(`${demo.url}/api/v1/spotify/auth`, { redirect: 'manual' })
      const location = new URL(headers.get('location')!)
      expect(location.origin + location.pathname).toBe('https://accounts.spotify.com/authorize')
      expect(location.searchParams.get('client_id')).toBe('a-client-id')
      expect(location.searchParams.get('redirect_uri')).toBe(redirectUri)
    } finally {
      await demo.stop()
    }
  })
})
