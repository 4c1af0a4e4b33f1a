import type { ConnectionFilter, StoredConnection, TokenStore } from '../../dist/index.js'
import { type OpenStore, openStore, type StoreName } from '../lib/databases.ts'
import { fill, ownerOf, record } from '../lib/fill.ts'
import { interleaved, type Subject } from '../lib/measure.ts'
import { type Context, type Row, short } from '../lib/rows.ts'
import { temporaryFile } from '../lib/temporary.ts'

export const about =
  'Every query and write with few and with many connections; sizes take turns call by call, the floor is the smallest. ' +
  'Counts are per connection, and the two writes of a refresh are compared with two that both move the next check.'

const names: readonly StoreName[] = ['memory', 'SQLite', 'PostgreSQL', 'MariaDB', 'Redis']
const provider = 'spotify'

/** Calls that must not depend on the number of connections. */
const calls: Readonly<Record<string, (store: TokenStore, size: number) => Subject>> = {
  get,
  'get + compareAndSet': compareAndSet,
  'due(100)': due,
  'due(100), none': none,
  'reserve(8)': reserve,
  'list(100)': list({}),
  'list(100) by status': list({ status: 'needs_reauth' }),
  'list(100) by key': list({ keyIdNot: 'another' }),
  'list(100) by app': list({ app: 'app-1' }),
  'list(100) by end of grant': list({ grantEndsBefore: Number.MAX_SAFE_INTEGER }),
  'list by owner': (store, size) => one(store, size, (index) => ({ ownerId: ownerOf(index) })),
  'list by account id': (store, size) =>
    one(store, Math.min(size, 1_000), (index) => ({ accountId: `account-${index}` })),
}

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
    const stores = new Map([...open].map(([size, { opened }]) => [size, opened.store]))
    for (const [call, make] of Object.entries(calls)) yield* bySize(`${name}: ${call}`, stores, make)
    yield* counts(name, stores)
    const largest = open.get(sizes.at(-1) as number)?.opened
    if (largest !== undefined) yield* refreshes(name, largest, sizes.at(-1) as number)
  } finally {
    for (const { opened, remove } of open.values()) {
      await opened.clean()
      remove()
    }
  }
}

async function* bySize(
  title: string,
  stores: ReadonlyMap<number, TokenStore>,
  make: (store: TokenStore, size: number) => Subject,
): AsyncGenerator<Row> {
  const sizes = [...stores.keys()]
  const subjects = Object.fromEntries([...stores].map(([size, store]) => [short(size), make(store, size)]))
  const times = await interleaved(subjects, { calls: title.includes('100') ? 30 : 100 })
  const floor = times[short(sizes[0] as number)] as number
  for (const size of sizes) {
    const value = times[short(size)] as number
    const ratioToFloor = value / floor
    const last = size === sizes.at(-1) && !title.endsWith('none')
    yield {
      bench: 'stores',
      case: title,
      subject: `${short(size)} connections`,
      value,
      unit: 'µs',
      ratioToFloor,
      ...(last ? { target: '≤ 2 × of 1,000', pass: ratioToFloor <= 2 } : {}),
    }
  }
}

/** The cost of a count per connection, at a hundred thousand and at ten times that. */
async function* counts(name: StoreName, stores: ReadonlyMap<number, TokenStore>): AsyncGenerator<Row> {
  const large = [...stores].filter(([size]) => size >= 100_000)
  for (const by of ['status', 'grantEndsOn'] as const) {
    const subjects = Object.fromEntries(
      large.map(([size, store]) => [short(size), async () => void (await store.count({ provider, by }))]),
    )
    const times = await interleaved(subjects, { calls: 1, rounds: 5, warmUp: 1 })
    const floor = ((times[short(100_000)] as number) / 100_000) * 1000
    for (const [size] of large) {
      const value = ((times[short(size)] as number) / size) * 1000
      const ratioToFloor = value / floor
      yield {
        bench: 'stores',
        case: `${name}: count by ${by === 'status' ? 'status' : 'day'}, per connection`,
        subject: `${short(size)} connections`,
        value,
        unit: 'ns',
        ratioToFloor,
        ...(size > 100_000 ? { target: '≤ 3 × of 100,000', pass: ratioToFloor <= 3 } : {}),
      }
    }
  }
}

/** What a refresh writes: its lease, which is in no index, then the tokens with the next check. */
async function* refreshes(name: StoreName, { store, hotUpdates }: OpenStore, size: number): AsyncGenerator<Row> {
  const both = twoWrites(store, size, { leaseMovesCheck: true })
  const ours = twoWrites(store, size, { leaseMovesCheck: false })
  const before = await hotUpdates?.()
  for (let count = 0; count < 500; count++) await ours()
  const after = await hotUpdates?.()
  const times = await interleaved({ both, ours }, { calls: 60 })
  const ratioToFloor = times.ours / times.both
  const row = { bench: 'stores', case: `${name}: the two writes of a refresh`, unit: 'µs' } as const
  yield { ...row, subject: 'floor: both move the next check', value: times.both, ratioToFloor: 1 }
  const target = { target: '≤ 1.1 × the floor', pass: ratioToFloor <= 1.1 }
  yield { ...row, subject: 'ours: the lease leaves it', value: times.ours, ratioToFloor, ...target }
  if (before === undefined || after === undefined) return
  const share = (100 * (after.hot - before.hot)) / (after.all - before.all)
  const hot = { bench: 'stores', case: `${name}: HOT updates among the writes of a refresh`, unit: '%' } as const
  yield {
    ...hot,
    subject: 'ours: the lease leaves the next check',
    value: share,
    target: '≥ 40 of 50',
    pass: share >= 40,
  }
}

function twoWrites(store: TokenStore, size: number, { leaseMovesCheck }: { leaseMovesCheck: boolean }): Subject {
  const pick = picker(size)
  let count = 0
  return async () => {
    const id = { provider, ownerId: ownerOf(pick()) }
    const stored = (await store.get(id)) as StoredConnection
    const number = `${leaseMovesCheck}-${++count}`
    const moved = leaseMovesCheck ? { nextCheckAt: stored.nextCheckAt + 20_000 } : {}
    const lease = { owner: 'bench', id: number, length: 20_000 }
    const leased = { ...stored, ...moved, revision: `lease-${number}`, lease }
    if (!(await store.compareAndSet(id, stored.revision, leased))) throw new Error('a write was lost')
    const { lease: _, ...rest } = leased
    const next = { ...rest, revision: `tokens-${number}`, nextCheckAt: stored.nextCheckAt + 3_600_000 }
    if (!(await store.compareAndSet(id, leased.revision, next))) throw new Error('a write was lost')
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
    const found = await store.get({ provider, ownerId: ownerOf(pick()) })
    if (found === undefined) throw new Error('a connection is missing')
  }
}

function compareAndSet(store: TokenStore, size: number): Subject {
  const pick = picker(size)
  let count = 0
  return async () => {
    const index = pick()
    const id = { provider, ownerId: ownerOf(index) }
    const { revision } = (await store.get(id)) as StoredConnection
    const next = record(index, { revision: `next-${++count}` })
    if (!(await store.compareAndSet(id, revision, next))) throw new Error('a write was lost')
  }
}

function due(store: TokenStore): Subject {
  return async () => {
    const found = await store.due({ provider, at: Number.MAX_SAFE_INTEGER, limit: 100 })
    if (found.length !== 100) throw new Error('too few are due')
  }
}

/** A sweep that finds nothing. */
function none(store: TokenStore): Subject {
  return async () => {
    if ((await store.due({ provider, at: 0, limit: 100 })).length > 0) throw new Error('nothing is due')
  }
}

function reserve(store: TokenStore): Subject {
  return async () => {
    const found = await store.reserve?.({ provider, at: Number.MAX_SAFE_INTEGER, limit: 8, length: 1 })
    if (found?.length !== 8) throw new Error('too few were reserved')
  }
}

function list(filter: Omit<ConnectionFilter, 'provider'>): (store: TokenStore) => Subject {
  return (store) => async () => {
    const found = await store.list({ provider, limit: 100, ...filter })
    if (found.length !== 100) throw new Error('too few were listed')
  }
}

function one(store: TokenStore, size: number, filter: (index: number) => Omit<ConnectionFilter, 'provider'>): Subject {
  const pick = picker(size)
  return async () => {
    const found = await store.list({ provider, limit: 100, ...filter(pick()) })
    if (found.length !== 1) throw new Error('a connection was not found')
  }
}
