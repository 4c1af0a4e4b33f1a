import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'
import { createVisitor } from '../support/visitor.ts'

let fake: FakeSpotifyServer
let folder: string
afterEach(async () => {
  await fake.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the whole flow with tokens that the test knows', () => {
  it('leaves none of them in output, files, printed objects, errors and responses', async () => {
    fake = await startFakeSpotify({ rotation: 'always' })
    folder = mkdtempSync(join(tmpdir(), 'stagedoor-leaks-'))
    const script = fileURLToPath(new URL('./support/host.ts', import.meta.url))
    const host = spawn(process.execPath, [script, join(folder, 'connections.db'), JSON.stringify(fake.endpoints)])
    let output = ''
    const origin = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        output += chunk
        const ready = /READY (\S+)/.exec(output)?.[1]
        if (ready !== undefined) resolve(ready)
      }
      host.stdout.on('data', read)
      host.stderr.on('data', read)
      host.once('exit', () => reject(new Error(output)))
    })

    const visitor = createVisitor(origin)
    const owner = { 'x-owner': 'ann' }
    const secrets: string[] = ['client-secret-of-the-host']
    const go = async (path: string, headers: Record<string, string> = owner): Promise<Response> =>
      await visitor.request(path, { headers })

    const begun = await go('/api/v1/spotify/auth?returnTo=%2Fhome')
    const authorization = new URL(begun.headers.get('location')!)
    const callback = await fake.fake.approve(authorization)
    secrets.push(callback.searchParams.get('code')!)
    const cookie = [...visitor.cookies.values()].join('; ')
    const done = await go(callback.pathname + callback.search)
    expect([done.status, done.headers.get('location')]).toEqual([303, '/home'])

    const again = await go(callback.pathname + callback.search)
    expect(again.status).toBeGreaterThanOrEqual(400)
    await go('/api/v1/spotify/callback?state=x&code=another-code-of-the-test')
    secrets.push('another-code-of-the-test')
    for (const what of ['tracks', 'me', 'missing', 'refresh', 'app', 'health']) await go(`/call/${what}`)
    fake.fake.fail({ path: '/v1/me', status: 500 })
    await go('/call/me')
    fake.fake.fail({ path: '/api/token', status: 502, body: 'html' })
    await go('/call/refresh')
    const ben = { 'x-owner': 'ben' }
    const second = new URL((await go('/api/v1/spotify/auth', ben)).headers.get('location')!)
    const secondCallback = await fake.fake.approve(second)
    secrets.push(secondCallback.searchParams.get('code')!, ...visitor.cookies.values())
    await go(secondCallback.pathname + secondCallback.search, ben)
    fake.fake.revoke({ accessTokens: true })
    await go('/call/me', ben)
    await go('/call/tracks', ben)
    for (const path of ['/connection', '/health']) {
      const response = await go(`/api/v1/spotify${path}`, { ...owner, accept: 'application/json' })
      expect(response.status).toBe(200)
    }
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
    await visitor.request('/api/v1/spotify/connection', { method: 'DELETE', headers: owner })
    host.kill('SIGTERM')
    await once(host, 'exit')

    secrets.push(...fake.fake.tokens.map((token) => token.value), cookie)
    expect(fake.fake.tokens.filter((token) => token.kind === 'refresh').length).toBeGreaterThan(1)
    expect(files.join('').length).toBeGreaterThan(10_000)
    expect(output).toContain('connection.needs_reauth')
    // The login cookie travels in Set-Cookie and nowhere else.
    const responses = visitor.responses.join('\n').replaceAll(/set-cookie: .*/gi, '')
    const base64 = (text: string): string => Buffer.from(text).toString('base64').slice(2, -4)
    for (const secret of secrets.filter((each) => each.length > 8)) {
      for (const [place, text] of Object.entries({ output, answers: responses, files: files.join('') })) {
        expect({ place, found: text.includes(secret) || text.includes(base64(secret)) }).toEqual({
          place,
          found: false,
        })
      }
    }
  })
})
