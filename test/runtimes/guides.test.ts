import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entries } from '../../scripts/entries.ts'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'
import { freePort } from '../examples/support/program.ts'
import { sendOver } from '../http/support/http-client.ts'
import { titledBlocks } from '../http/support/markdown.ts'
import { Browser, paths } from '../http/support/world.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const bin = (name: string): string => join(root, 'test/runtimes/node_modules/.bin', name)
const fetchOfTests = join(root, 'test/examples/support/fetch.mjs')
const runtimes = [
  { name: 'Bun', command: [bin('bun'), '--preload', fetchOfTests, 'bun.ts'] },
  { name: 'Deno', command: [bin('deno'), 'run', '-A', '--no-check', '--preload', fetchOfTests, 'deno.ts'] },
]

describe.each(runtimes)('the guide for frameworks, on $name', ({ command: [program = '', ...args] }) => {
  const cwd = mkdtempSync(join(tmpdir(), 'guide-'))
  let spotify: FakeSpotifyServer
  beforeAll(async () => {
    spotify = await startFakeSpotify()
    for (const { title, code } of titledBlocks('guides/frameworks.md')) writeFileSync(join(cwd, title), code)
    const sources = entries.map(({ name, source }) => [name, join(root, source)] as const)
    const imports = Object.fromEntries(sources.map(([name, file]) => [name, `file://${file}`]))
    writeFileSync(join(cwd, 'deno.json'), JSON.stringify({ imports, nodeModulesDir: 'manual' }))
    const aliases = Object.fromEntries(sources.map(([name, file]) => [name, [file]]))
    writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions: { paths: aliases } }))
  })
  afterAll(async () => {
    await spotify.close()
    rmSync(cwd, { recursive: true })
  })

  it('serves the endpoints beside pages of the host', async () => {
    const port = await freePort()
    const { PATH = '', HOME = '' } = process.env
    const env = {
      PATH,
      HOME,
      PORT: String(port),
      FAKE_SPOTIFY: spotify.url,
      SPOTIFY_CLIENT_ID: 'test-client',
      SPOTIFY_REDIRECT_URI: `http://127.0.0.1:${port}${paths.callback}`,
      STAGEDOOR_LOGIN_KEYS: randomBytes(32).toString('base64url'),
      STAGEDOOR_VAULT_KEY: randomBytes(32).toString('base64url'),
    }
    const child = spawn(program, args, { cwd, env })
    let output = ''
    child.stderr.on('data', (chunk) => (output += chunk))
    const ended = new Promise((resolve) => child.once('close', resolve))
    const origin = `http://127.0.0.1:${port}`
    const alice = new Browser({ send: (sent) => sendOver(origin, sent), close: async () => {} }, 'alice')
    const open = (): Promise<string> =>
      alice.open('/').then(
        ({ text }) => text,
        () => '',
      )
    await expect.poll(open, { timeout: 60_000, message: output }).toBe('your own pages')

    const done = await alice.open(await alice.consent(spotify.fake, { query: '?returnTo=/library' }))
    expect([done.status, done.headers.get('location')], output).toEqual([303, '/library'])
    expect(JSON.parse((await alice.callApi(paths.connection)).text).connection.ownerId).toBe('alice')
    const begun = JSON.parse((await alice.callApi(paths.auth)).text).authorizationUrl
    const posted = await alice.send({
      method: 'POST',
      path: paths.callback,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries((await spotify.fake.approve(begun)).searchParams)),
    })
    expect(posted.status, posted.text).toBe(200)
    expect((await alice.callApi(paths.connection, 'DELETE')).status).toBe(204)
    expect((await alice.callApi(paths.connection)).status).toBe(404)
    child.kill('SIGTERM')
    await ended
  })
})
