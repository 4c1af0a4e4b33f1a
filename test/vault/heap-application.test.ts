import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startFakeSpotify } from '../../src/testing/server.ts'
import type { ApplicationWork } from './support/heap-application.ts'

test('after sign-in, a thousand API calls and a refresh no token is in the heap, except one that was kept to show the search works', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stagedoor-heap-'))
  const { fake, endpoints, close } = await startFakeSpotify({ rotation: 'always' })
  try {
    const snapshot = join(folder, 'application.heapsnapshot')
    const child = fork(fileURLToPath(new URL('./support/heap-application.ts', import.meta.url)), {
      execArgv: ['--heap-snapshot-string-limit=1000000'],
    })
    const codes: string[] = []
    child.on('message', (message: { approve?: string }) => {
      if (message.approve === undefined) return
      fake.approve(message.approve).then((callback) => {
        codes.push(callback.searchParams.get('code') ?? '')
        child.send(callback.href)
      })
    })
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const work: ApplicationWork = { snapshot, calls: 1000, endpoints }
    child.send(work)
    expect(await ended).toBe(0)

    const calls = fake.requests.all.filter(({ path }) => path === '/v1/me').length
    expect(calls).toBeGreaterThanOrEqual(1020)
    const heap = readFileSync(snapshot, 'latin1')
    const ofKind = (kind: string) => fake.tokens.filter((token) => token.kind === kind).map(({ value }) => value)
    const [access, refresh] = [ofKind('access'), ofKind('refresh')]
    expect([access.length, refresh.length, codes.length]).toEqual([3, 3, 2])
    const found = [...access, ...refresh].filter((token) => heap.includes(token))
    expect(found).toHaveLength(1)
    expect(access).toContain(found[0])
    for (const token of [...access, ...refresh].filter((token) => token !== found[0]))
      expect(heap.includes(token.slice(0, 40))).toBe(false)
  } finally {
    await close()
    rmSync(folder, { recursive: true })
  }
}, 120_000)
