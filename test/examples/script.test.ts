import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'
import { sendOver } from '../http/support/http-client.ts'
import { freePort, startProgram } from './support/program.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const main = fileURLToPath(new URL('../../examples/script/main.ts', import.meta.url))

describe('the example for a terminal program', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'example-'))
  let spotify: FakeSpotifyServer
  beforeAll(async () => {
    spotify = await startFakeSpotify({ users: [{ id: 'ada', library: { tracks: 60 } }] })
  })
  afterAll(async () => {
    await spotify.close()
    rmSync(cwd, { recursive: true })
  })

  test('signs in over the loopback interface, prints the library, and needs no sign-in the next time', async () => {
    const port = await freePort()
    const redirectPath = '/signed-in'
    const env = Object.fromEntries(['STAGEDOOR_LOGIN_KEYS', 'STAGEDOOR_VAULT_KEY'].map((name) => [name, randomKey()]))
    const program = startProgram(main, { cwd, fake: spotify.url, port, redirectPath, env })
    const [authorization] = await program.printed(/https:\/\/accounts\.spotify\.com\/authorize\S+/)
    const back = await spotify.fake.approve(authorization)
    expect(back.pathname).toBe(redirectPath)
    const favicon = await sendOver(back.origin, { method: 'GET', path: '/favicon.ico' })
    expect(favicon.status).toBe(404)
    const page = await sendOver(back.origin, { method: 'GET', path: back.pathname + back.search })
    expect(page.text).toContain('close this page')
    expect(await program.ended).toBe(0)
    expect(program.output().match(/^.+ – .+$/gm)).toHaveLength(60)

    const again = startProgram(main, { cwd, fake: spotify.url, port, redirectPath, env })
    expect(await again.ended).toBe(0)
    expect(again.output().match(/^.+ – .+$/gm)).toHaveLength(60)
    expect(again.output()).not.toContain('authorize')
    for (const { value } of spotify.fake.tokens) expect(program.output() + again.output()).not.toContain(value)
  })

  test('stores nothing when the callback has another state', async () => {
    const port = await freePort()
    const other = mkdtempSync(join(tmpdir(), 'example-'))
    const program = startProgram(main, { cwd: other, fake: spotify.url, port, redirectPath: '/signed-in' })
    await program.printed(/accounts\.spotify\.com/)
    await sendOver(`http://127.0.0.1:${port}`, { method: 'GET', path: '/signed-in?code=x&state=y' })
    expect(await program.ended).toBe(1)
    expect(program.output()).toContain('LOGIN_STATE_MISMATCH')
    rmSync(other, { recursive: true })
  })
})

function randomKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}
