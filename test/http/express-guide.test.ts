import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'
import { freePort, type Program, startProgram } from '../examples/support/program.ts'
import { sendOver } from './support/http-client.ts'
import { applyDiff, titledBlocks } from './support/markdown.ts'
import { Browser, paths } from './support/world.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const [application, diff] = titledBlocks('guides/express.md')
const before = application!.code
const { after, added, removed } = applyDiff(before, diff!.code)

describe('the guide for Express', () => {
  let spotify: FakeSpotifyServer
  const folders: string[] = []
  const programs: Program[] = []
  beforeAll(async () => {
    spotify = await startFakeSpotify({ users: [{ id: 'ada', library: { tracks: 7 } }] })
  })
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.stop()))
    for (const folder of folders) rmSync(folder, { recursive: true })
    await spotify.close()
  })

  async function run(source: string): Promise<(user?: string) => Browser> {
    const cwd = mkdtempSync(join(tmpdir(), 'express-guide-'))
    folders.push(cwd)
    writeFileSync(join(cwd, 'app.ts'), source)
    const port = await freePort()
    const program = startProgram('app.ts', { cwd, fake: spotify.url, port })
    programs.push(program)
    await program.printed(/http:\S+/)
    const origin = `http://127.0.0.1:${port}`
    return () => new Browser({ send: (sent) => sendOver(origin, sent), close: async () => {} }, undefined)
  }

  test('adds at most fifteen lines to an application and takes none away', () => {
    expect([diff!.language, removed]).toEqual(['diff', 0])
    expect(added).toBeLessThanOrEqual(15)
    expect(after.split('\n').length - before.split('\n').length).toBe(added)
  })

  test('starts from an application that runs without it', async () => {
    const alice = (await run(before))()
    await alice.send({ method: 'POST', path: '/login/alice' })
    expect((await alice.open('/')).text).toBe('Hello alice')
    expect((await alice.open(paths.auth)).status).toBe(404)
  })

  test('adds the whole flow, for each of its users', async () => {
    const browser = await run(after)
    const alice = browser()
    expect((await alice.open(paths.auth)).status).toBe(401)
    await alice.send({ method: 'POST', path: '/login/alice' })
    expect((await alice.open('/')).text).toBe('Hello alice')

    const done = await alice.open(await alice.consent(spotify.fake))
    expect([done.status, done.headers.get('location')]).toEqual([303, '/library'])
    const names = JSON.parse((await alice.open('/library')).text) as string[]
    expect(names).toEqual(Array.from({ length: 7 }, () => expect.any(String)))
    expect(JSON.parse((await alice.callApi(paths.health)).text).health.status).toBe('healthy')

    const bob = browser()
    await bob.send({ method: 'POST', path: '/login/bob' })
    expect((await bob.callApi(paths.connection)).status).toBe(404)

    const denied = await alice.open(await alice.consent(spotify.fake, { deny: true }))
    expect([denied.status, denied.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8'])
    expect((await alice.callApi(paths.connection)).status).toBe(200)
    expect((await alice.callApi(paths.connection, 'DELETE')).status).toBe(204)
    expect((await alice.callApi(paths.connection)).status).toBe(404)
  })
})
