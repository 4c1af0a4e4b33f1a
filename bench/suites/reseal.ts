import { copyFileSync } from 'node:fs'
import {
  createReseal,
  createVault,
  localKms,
  type StoredConnection,
  spotifyProvider,
  type TokenStore,
} from '../../dist/index.js'
import { sqliteStore } from '../../dist/stores/sqlite.js'
import { fill } from '../lib/fill.ts'
import { median } from '../lib/measure.ts'
import type { Context, Row } from '../lib/rows.ts'
import { temporaryFile } from '../lib/temporary.ts'

export const about =
  'Move 100,000 connections in SQLite to a new key-encryption key; the floor makes the same reads and writes without cryptography. They run by turns.'

const size = 100_000
const rounds = 2

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const template = temporaryFile('template.db')
  const key = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
  const before = localKms({ keyId: 'before', key: key() })
  const after = localKms({ keyId: 'after', key: key() })
  const old = createVault({ kms: before })
  const binding = { clientId: 'bench', provider: 'spotify', ownerId: 'owner', field: 'access' }
  const token = await old.seal('x'.repeat(400), binding)
  note('filling')
  const store = sqliteStore(template.path)
  await fill('SQLite', store, template.path, '', size, { accessToken: token, refreshToken: token })
  await store.close()

  const rates: Record<'floor' | 'ours', number[]> = { floor: [], ours: [] }
  let growth = 0
  for (let round = 0; round < rounds; round++) {
    for (const subject of ['floor', 'ours'] as const) {
      note(`${subject}, round ${round + 1} of ${rounds}`)
      const file = temporaryFile('connections.db')
      copyFileSync(template.path, file.path)
      const copy = sqliteStore(file.path)
      globalThis.gc?.()
      const start = performance.now()
      let least = Number.POSITIVE_INFINITY
      let most = 0
      const watch = (): void => {
        const { heapUsed } = process.memoryUsage()
        least = Math.min(least, heapUsed)
        most = Math.max(most, heapUsed)
      }
      if (subject === 'floor') await bare(copy)
      else {
        const vault = createVault({ kms: after, retired: [before] })
        const reseal = createReseal({ provider: spotifyProvider, clientId: 'bench', store: copy, vault })
        reseal.on('progress', watch)
        const { changed } = await reseal.run()
        if (changed !== size) throw new Error(`moved ${changed} of ${size}`)
        growth = Math.max(growth, most - least)
      }
      rates[subject].push(size / ((performance.now() - start) / 1000))
      await copy.close()
      file.remove()
    }
  }
  template.remove()
  const [floor, ours] = [median(rates.floor), median(rates.ours)]
  const row = (subject: string, value: number, unit: string): Row => ({
    bench: 'reseal',
    case: '100,000 connections',
    subject,
    value,
    unit,
  })
  yield { ...row('floor: reads and writes alone', floor, 'connections/s'), ratioToFloor: 1 }
  yield {
    ...row('ours', ours, 'connections/s'),
    ratioToFloor: ours / floor,
    target: '≥ 60% of floor',
    pass: ours / floor >= 0.6,
  }
  const megabytes = growth / 2 ** 20
  yield {
    ...row('ours, heap between its least and its most', megabytes, 'MiB'),
    case: 'memory',
    target: '≤ 100 MiB',
    pass: megabytes <= 100,
  }
}

/** The same pages and writes as a reseal, without cryptography. */
async function bare(store: TokenStore): Promise<void> {
  let after: string | undefined
  for (;;) {
    const page = await store.list({ provider: 'spotify', after, limit: 200, keyIdNot: 'after' })
    const moved = (token: StoredConnection['accessToken']) => ({ ...token, keyId: 'after' })
    for (let at = 0; at < page.length; at += 8) {
      await Promise.all(
        page.slice(at, at + 8).map((record) =>
          store.compareAndSet(record, record.revision, {
            ...record,
            revision: crypto.randomUUID(),
            accessToken: moved(record.accessToken),
            refreshToken: record.refreshToken && moved(record.refreshToken),
          }),
        ),
      )
    }
    if (page.length < 200) return
    after = page.at(-1)?.ownerId
  }
}
