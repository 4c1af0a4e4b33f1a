import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startFakeSpotify } from '../../src/testing/server.ts'

const run = promisify(execFile)
const folder = new URL('./guide/', import.meta.url)
const text = readFileSync(new URL('../../docs/guides/testing.md', import.meta.url), 'utf8')
const blocks = new Map(
  [...text.matchAll(/^```\w+ title=(\S+)\n(.*?)^```$/gms)].map(([, title = '', code = '']) => [title, code]),
)

describe('the guide to testing', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'testing-guide-'))
  afterAll(() => rmSync(cwd, { recursive: true }))

  it('has no block but those that are run here, word for word', () => {
    const fences = text.match(/^```\w+/gm) ?? []
    expect(blocks.size).toBe(fences.length)
    const files = readdirSync(folder).sort()
    expect([...blocks.keys()].sort()).toEqual(files)
    for (const file of files) expect(blocks.get(file), file).toBe(readFileSync(new URL(file, folder), 'utf8'))
  })

  it('steers a server from a shell as shown', async () => {
    const server = await startFakeSpotify()
    const script = `set -e\n${blocks.get('control.sh')}`
    const { stdout } = await run('bash', ['-c', script], { cwd, env: { ...process.env, SPOTIFY_URL: server.url } })
    expect(stdout).toContain('"id":"ben"')
    expect(stdout).toContain('"path":"/v1/me"')
    expect(server.fake.faults).toHaveLength(1)
    expect(server.fake.state.users.get('dana')?.allowlisted).toBe(true)
    await server.close()
  })

  it('starts a server in continuous integration as shown', async () => {
    const { jobs } = parse(blocks.get('ci.yml') ?? '') as {
      jobs: { test: { steps: { name?: string; run?: string }[] } }
    }
    const step = jobs.test.steps.find(({ name }) => name === 'Start a Spotify of our own')?.run ?? ''
    const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
    const port = await freePort()
    const script = step
      .replace('npx stagedoor', `${process.execPath} --no-warnings ${cli}`)
      .replaceAll('4010', `${port}`)
    expect(script).toContain(cli)
    const { stdout } = await run('bash', ['-c', `set -e\n${script}\nkill $!`], { cwd })
    expect(JSON.parse(stdout)).toMatchObject({ appMode: 'development', users: expect.any(Array) })
  })
})

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
