import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createReseal } from '../../../src/connections/reseal/reseal.ts'
import { randomBytes } from '../../../src/internal/bytes.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import type { StoredConnection, TokenStore } from '../../../src/stores/store.ts'
import { createVault, localKms } from '../../../src/vault/index.ts'

const clientId = 'app'
const provider = spotifyProvider.id
const rows = 40_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('the memory that a run needs does not grow with the number of connections', async () => {
  const old = localKms({ keyId: 'old', key: randomBytes(32) })
  const before = createVault({ kms: old })
  const accessToken = await before.seal('x'.repeat(300), { clientId, provider, ownerId: 'anyone', field: 'access' })
  const vault = createVault({ kms: localKms({ keyId: 'new', key: randomBytes(32) }), retired: [old] })

  // Makes its connections as they are requested and keeps none: what stays in memory, the run keeps.
  const record = (index: number): StoredConnection => ({
    provider,
    ownerId: `user-${String(index).padStart(6, '0')}`,
    account: '',
    app: clientId,
    revision: `revision-${index}`,
    scopes: ['user-library-read'],
    accessToken: { ...accessToken },
    refreshToken: { ...accessToken },
    expiresAt: 0,
    authorizedAt: 0,
    status: 'connected',
    checkAt: 0,
    nextCheckAt: 0,
    createdAt: 0,
    updatedAt: 0,
  })
  let written = 0
  const store: TokenStore = {
    list: async ({ after, limit }) => {
      const from = typeof after === 'object' ? Number(after.ownerId.slice('user-'.length)) + 1 : 0
      return Array.from({ length: Math.max(0, Math.min(limit, rows - from)) }, (_, index) => record(from + index))
    },
    compareAndSet: async () => {
      written++
      return true
    },
    get: async () => undefined,
    getRemoved: async () => undefined,
    count: async () => ({}),
    due: async () => [],
    claim: async () => true,
  }

  const reseal = createReseal({ provider: spotifyProvider, clientId, store, vault })
  const heap: number[] = []
  reseal.on('progress', ({ done }) => {
    if (done % 4_000 !== 0) return
    collect()
    heap.push(process.memoryUsage().heapUsed)
  })
  expect(await reseal.run()).toMatchObject({ done: rows, changed: rows })
  expect(written).toBe(rows)
  expect(heap).toHaveLength(rows / 4_000)
  // Even 60 bytes kept for each connection would be more.
  expect(heap.at(-1)! - heap[1]!).toBeLessThan(2_000_000)
}, 120_000)
