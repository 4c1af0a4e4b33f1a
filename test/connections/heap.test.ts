import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startFakeSpotify } from '../../src/testing/server.ts'

test('after a sign-in, 1,000 calls and two refreshes the heap holds no token but the one that was kept to show the search works', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stagedoor-heap-'))
  const server = await startFakeSpotify({ rotation: 'always' })
  try {
    const snapshot = join(folder, 'child.heapsnapshot')
    const child = fork(new URL('./support/heap-child.ts', import.meta.url), {
      execArgv: ['--no-warnings', '--heap-snapshot-string-limit=1000000'],
    })
    child.on('message', async (message: { approve?: string; reject?: true }) => {
      if (message.approve !== undefined) child.send((await server.fake.approve(message.approve)).href)
      if (message.reject) {
        server.fake.fail({ path: '/v1/me', status: 401 })
        child.send('go on')
      }
    })
    const ended = once(child, 'exit')
    child.send({ endpoints: server.endpoints, snapshot, calls: 1000 })
    expect(await ended).toEqual([0, null])
    expect(server.fake.requests.matching({ path: '/v1/me', status: 200 }).length).toBeGreaterThanOrEqual(1000)
    const tokens = server.fake.tokens.filter(({ kind }) => kind !== 'code')
    expect(tokens.map(({ kind }) => kind).sort()).toEqual([
      'access',
      'access',
      'access',
      'refresh',
      'refresh',
      'refresh',
    ])
    const heap = readFileSync(snapshot, 'latin1')
    const last = tokens.filter(({ kind }) => kind === 'access').at(-1)?.value ?? ''
    expect(heap.includes(last)).toBe(true)
    for (const { kind, value } of tokens.filter(({ value }) => value !== last)) {
      expect({ kind, found: heap.includes(value) }).toEqual({ kind, found: false })
      expect({ kind, found: heap.includes(value.slice(0, 40)) }).toEqual({ kind, found: false })
    }
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
}, 90_000)
