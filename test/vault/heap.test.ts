import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { base64url, randomBytes } from '../../src/internal/bytes.ts'
import { createVault, localKms } from '../../src/vault/index.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }

test('after a thousand calls no token is in the heap of the process, except one that was kept to show the search works', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stagedoor-heap-'))
  try {
    const key = base64url(randomBytes(32))
    const vault = createVault({ kms: localKms({ keyId: 'main', key }) })
    const plain = Array.from({ length: 20 }, () => `BQD${base64url(randomBytes(300))}`)
    const tokens = await Promise.all(plain.map((token) => vault.seal(token, binding)))
    const snapshot = join(folder, 'child.heapsnapshot')
    const child = fork(fileURLToPath(new URL('./support/heap-child.ts', import.meta.url)), {
      execArgv: ['--heap-snapshot-string-limit=1000000'],
    })
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.send({ key, snapshot, tokens, binding })
    expect(await ended).toBe(0)
    const heap = readFileSync(snapshot, 'latin1')
    expect(heap).toContain('VAULT_DECRYPT_FAILED')
    const [kept, ...others] = plain
    expect(heap).toContain(kept)
    for (const token of others) {
      expect(heap.includes(token)).toBe(false)
      expect(heap.includes(token.slice(0, 40))).toBe(false)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)
