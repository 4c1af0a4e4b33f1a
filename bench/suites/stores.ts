import type { StoredConnection, TokenStore } from '../../dist/index.js'
import { type OpenStore, openStore, type StoreName } from '../lib/databases.ts'
import { fill, ownerOf, record } from '../lib/fill.ts'
import { interleaved, type Subject } from '../lib/measure.ts'
import { type Context, type Row, short } from '../lib/rows.ts'
import { temporaryFile } from '../lib/temporary.ts'

export const about =
  'get, compareAndSet and due(100) with few and with many connections; sizes take turns call by call, the floor is the smallest.'

const names: readonly StoreName[] = ['memory', 'SQLite', 'PostgreSQL', 'MariaDB', 'Redis']

export async function* run(context: Context): AsyncGenerator<Row> {
  for (const name of names) yield* ofStore(name, context)
}

async function* ofStore(name: StoreName, { full, note }: Context): AsyncGenerator<Row> {
  const sizes = [1_000, 10_000, 100_000, ...(full && (name === 'SQLite' || name === 'PostgreSQL') ? [1_000_000] : [])]
  const open = new Map<number, { opened: OpenStore; remove(): void }>()
  try {
    for (const size of sizes) {
      note(`${name}: filling ${short(size)}`)
      const file = temporaryFile('stores.db')
      const prefix = `bench_${size}_${crypto.randomUUID().slice(0, 6)}_`
      const opened = await openStore(name, file.path, prefix)
      open.set(size, { opened, remove: file.remove })
      await fill(name, opened.store, file.path, prefix, size)
    }
    note(`${name}: measuring`)
    const calls: Record<string, (store: TokenStore, size: number) => Subject> = {
      get,
      'get + compareAndSet': compareAndSet,
      'due(100)': due,
      'due(100), none': none,
    }
    for (const [call, make] of Object.entries(calls)) {
      const subjects = Object.fromEntries(
        [...open].map(([size, { opened }]) => [short(size), make(opened.store, size)]),
      )
      const times = await interleaved(subjects, { calls: call.startsWith('due') ? 30 : 100 })
      const floor = times[short(sizes[0] as number)] as number
      for (const size of sizes) {
        const value = times[short(size)] as number
        const ratioToFloor = value / floor
        const last = size === sizes.at(-1) && call !== 'due(100), none'
        yield {
          bench: 'stores',
          case: `${name}: ${call}`,
          subject: `${short(size)} connections`,
          value,
          unit: 'µs',
          ratioToFloor,
          ...(last ? { target: '≤ 2 × of 1,000', pass: ratioToFloor <= 2 } : {}),
        }
      }
    }
  } finally {
    for (const { opened, remove } of open.values()) {
      await opened.clean()
      remove()
    }
  }
}

/** Pseudo-random numbers below `size`, the same in every run. */
function picker(size: number): () => number {
  let state = 7
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state % size
  }
}

function get(store: TokenStore, size: number): Subject {
  const pick = picker(size)
  return async () => {
    const found = await store.get({ provider: 'spotify', ownerId: ownerOf(pick()) })
    if (found === undefined) throw new Error('a connection is missing')
  }
}

function compareAndSet(store: TokenStore, size: number): Subject {
  const pick = picker(size)
  let count = 0
  return async () => {
    const index = pick()
    const id = { provider: 'spotify', ownerId: ownerOf(index) }
    const { revision } = (await store.get(id)) as StoredConnection
    const next = record(index, { revision: `next-${++count}` })
    if (!(await store.compareAndSet(id, revision, next))) throw new Error('a write was lost')
  }
}

function due(store: TokenStore): Subject {
  return async () => {
    const found = await store.due({ provider: 'spotify', at: Number.MAX_SAFE_INTEGER, limit: 100 })
    if (found.length !== 100) throw new Error('too few are due')
  }
}

/** A sweep that finds nothing. */
function none(store: TokenStore): Subject {
  return async () => {
    if ((await store.due({ provider: 'spotify', at: 0, limit: 100 })).length > 0) throw new Error('nothing is due')
  }
}
