import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'
import { sendOver } from '../http/support/http-client.ts'
import { Browser, paths } from '../http/support/world.ts'
import { freePort, startProgram } from './support/program.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const examples = [
  { name: 'Hono', files: ['examples/hono/main.ts'], entry: 'examples/hono/main.ts' },
  { name: 'Fastify', files: ['examples/fastify/main.ts'], entry: 'examples/fastify/main.ts' },
  {
    name: 'Next.js',
    files: ['examples/next/app/route.js', 'examples/next/app/api/v1/spotify/[...path]/route.js'],
    entry: 'test/examples/support/next-server.mjs',
  },
]

describe.each(examples)('the example for $name', ({ files, entry }) => {
  const cwd = mkdtempSync(join(tmpdir(), 'example-'))
  let spotify: FakeSpotifyServer
  beforeAll(async () => {
    spotify = await startFakeSpotify({ users: [{ id: 'ada', displayName: 'Ada <b>', library: { tracks: 12 } }] })
  })
  afterAll(async () => {
    await spotify.close()
    rmSync(cwd, { recursive: true })
  })

  test('is small', () => {
    const lines = files.flatMap((file) => readFileSync(at(file), 'utf8').trimEnd().split('\n'))
    expect(lines.length).toBeLessThanOrEqual(20)
  })

  test('connects a visitor, shows the saved tracks, keeps visitors apart, and disconnects', async () => {
    const port = await freePort()
    const program = startProgram(at(entry), { cwd, fake: spotify.url, port })
    await program.printed(/http:\S+/)
    const browser = () => {
      const send = (sent: Parameters<typeof sendOver>[1]) => sendOver(`http://127.0.0.1:${port}`, sent)
      return new Browser({ send, close: async () => {} }, undefined)
    }
    const visitor = browser()
    expect((await visitor.open('/')).text).toContain('href="/api/v1/spotify/auth?returnTo=/"')
    const done = await visitor.open(await visitor.consent(spotify.fake, { query: '?returnTo=/' }))
    expect([done.status, done.headers.get('location')], done.text).toEqual([303, '/'])
    const page = (await visitor.open('/')).text
    expect(page.match(/<li>/g)).toHaveLength(10)
    expect(page).toContain('Ada &lt;b&gt; saved tracks')
    const other = browser()
    expect((await other.open('/')).text).toContain('Connect Spotify')
    expect((await other.open('/')).text).toContain('Connect Spotify')
    expect((await visitor.callApi(paths.connection, 'DELETE')).status).toBe(204)
    expect((await visitor.open('/')).text).toContain('Connect Spotify')
    await program.stop()
    for (const { value } of spotify.fake.tokens) expect(program.output()).not.toContain(value)
  })
})
