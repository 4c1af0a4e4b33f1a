import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeSpotify } from '../../src/testing/server.ts'
import { codeBlocks } from './support/documents.ts'

const entries: Readonly<Record<string, string>> = {
  stagedoor: 'index.ts',
  'stagedoor/express': 'http/express.ts',
  'stagedoor/stores/sqlite': 'stores/sqlite.ts',
}

/** The guide's application, with imports of the sources and a free port. */
function application(port: number): string {
  const found = codeBlocks('docs/guides/quick-start.md').filter(({ language }) => language === 'ts')
  expect(found).toHaveLength(1)
  const code = found[0]?.code ?? ''
  return code
    .replaceAll(/from '([^']+)'/g, (_, name: string) => {
      const source = entries[name]
      return `from '${source === undefined ? import.meta.resolve(name) : new URL(`../../src/${source}`, import.meta.url).href}'`
    })
    .replace('app.listen(3000,', `app.listen(${port},`)
}

describe('the quick start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quick-start-'))
  let fake: Awaited<ReturnType<typeof startFakeSpotify>>
  let child: ReturnType<typeof spawn>
  let base: string

  beforeAll(async () => {
    fake = await startFakeSpotify({ users: [{ id: 'ann', library: { tracks: 120 } }] })
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo
    probe.close()
    base = `http://127.0.0.1:${port}`
    writeFileSync(join(folder, 'app.ts'), application(port))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const key = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
    const { PATH, HOME } = process.env
    child = spawn(process.execPath, ['--no-warnings', 'app.ts'], {
      cwd: folder,
      env: {
        PATH,
        HOME,
        SPOTIFY_FAKE: fake.url,
        SPOTIFY_CLIENT_ID: 'any-client',
        SPOTIFY_REDIRECT_URI: `${base}/api/v1/spotify/callback`,
        STAGEDOOR_LOGIN_KEYS: key(),
        STAGEDOOR_VAULT_KEY: key(),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the application did not start')))
    await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended])
    ended.catch(() => {})
  })
  afterAll(async () => {
    if (child.exitCode === null) {
      child.kill()
      await once(child, 'exit')
    }
    await fake.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('shows the saved tracks after a sign-in', async () => {
    const jar = new Map<string, string>()
    const visit = async (url: string): Promise<Response> => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(url, { redirect: 'manual', headers: { cookie, accept: 'text/html' } })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        jar.set(name, value)
      }
      return response
    }
    const first = await visit(`${base}/library`)
    expect([first.status, first.headers.get('location')]).toEqual([302, '/api/v1/spotify/auth'])
    const begin = await visit(`${base}/api/v1/spotify/auth`)
    const consent = begin.headers.get('location') ?? ''
    expect(consent).toMatch(new RegExp(`^${fake.url}/authorize`))
    const back = await visit((await fake.fake.approve(consent)).href)
    expect([back.status, back.headers.get('location')]).toEqual([303, '/library'])
    const tracks = (await (await visit(`${base}/library`)).json()) as string[]
    expect(tracks).toHaveLength(50)
    expect(tracks.every((name) => typeof name === 'string' && name !== '')).toBe(true)
  })
})
