import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  adaptiveLimiter,
  createSpotify,
  createStagedoor,
  createVault,
  localKms,
  memoryStore,
} from '../../dist/index.js'
import type { Context, Row } from '../lib/rows.ts'

export const about =
  'Heap per client object, per queued request, and while a million items are iterated over; after a forced collection.'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

export async function* run({ note }: Context): AsyncGenerator<Row> {
  note('clients')
  yield { bench: 'memory', case: 'per idle client object', subject: 'ours', value: await perClient(), unit: 'bytes' }
  note('queued requests')
  const queued = await perQueued()
  const call = await perCall()
  const verdict = (bytes: number) => ({ target: '≤ 2 KB', pass: bytes <= 2048 })
  const queuedRow = { bench: 'memory', case: 'per queued request', unit: 'bytes' }
  yield { ...queuedRow, subject: 'ours, in the limiter', value: queued, ...verdict(queued) }
  yield { ...queuedRow, subject: 'ours, the whole call: limiter, pipeline, promise', value: call, ...verdict(call) }
  note('a million items')
  const { first, last } = await iterating()
  const growth = (last - first) / 2 ** 20
  const row = { bench: 'memory', case: 'iterating 1,000,000 items', unit: 'MiB' }
  yield { ...row, subject: 'ours, heap after 100,000', value: first / 2 ** 20 }
  yield { ...row, subject: 'ours, heap after 1,000,000', value: last / 2 ** 20 }
  yield { ...row, subject: 'ours, growth', value: growth, target: '≤ 2 MiB (flat)', pass: growth <= 2 }
}

async function heap(): Promise<number> {
  for (let pass = 0; pass < 3; pass++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  return process.memoryUsage().heapUsed
}

async function perClient(): Promise<number> {
  const count = 10_000
  const stagedoor = createStagedoor({
    clientId: 'bench',
    redirectUri: 'http://127.0.0.1/callback',
    store: memoryStore(),
    vault: createVault({ kms: localKms({ keyId: 'bench', key: crypto.getRandomValues(new Uint8Array(32)) }) }),
    loginKeys: [crypto.getRandomValues(new Uint8Array(32))],
  })
  stagedoor.client('warm-up')
  const before = await heap()
  const clients = Array.from({ length: count }, (_, index) => stagedoor.client(`owner-${index}`))
  const after = await heap()
  if (clients.length !== count) throw new Error('unreachable')
  await stagedoor.close()
  return (after - before) / count
}

/** Jobs that wait behind one that does not end. */
async function perQueued(): Promise<number> {
  const count = 5000
  const limiter = adaptiveLimiter({ maxConcurrent: 1, maxQueue: count + 1, maxWait: 3_600_000 })
  let release = (): void => {}
  const first = limiter.schedule(() => new Promise<void>((resolve) => (release = resolve)))
  const before = await heap()
  const jobs = Array.from({ length: count }, () => limiter.schedule(async () => {}))
  const after = await heap()
  if (limiter.state().queued !== count) throw new Error(`${limiter.state().queued} are queued`)
  release()
  await Promise.allSettled([first, ...jobs, limiter.close()])
  return (after - before) / count
}

/** The same for calls of the client. */
async function perCall(): Promise<number> {
  const count = 5000
  const limiter = adaptiveLimiter({ maxConcurrent: 1, maxQueue: count + 1, maxWait: 3_600_000 })
  let release = (): void => {}
  const blocked = new Promise<Response>((resolve) => {
    release = () => resolve(Response.json({}))
  })
  const spotify = createSpotify({ limiter, maxWait: 3_600_000, timeout: 3_600_000, fetch: () => blocked })
  const client = spotify.as(async () => 'token')
  const first = client.request({ path: '/me' }).catch(() => {})
  const before = await heap()
  const calls = Array.from({ length: count }, () => client.request({ path: '/me' }).catch(() => {}))
  await new Promise((resolve) => setTimeout(resolve, 500))
  const after = await heap()
  if (limiter.state().queued !== count) throw new Error(`${limiter.state().queued} are queued`)
  const closing = limiter.close()
  release()
  await Promise.all([first, ...calls, closing])
  return (after - before) / count
}

async function iterating(): Promise<{ first: number; last: number }> {
  const total = 1_000_000
  const limiter = adaptiveLimiter({ initialCeiling: 1e7, maxConcurrent: 64 })
  const track = { id: 'x', name: 'A track', type: 'track', uri: 'spotify:track:x', artists: [], album: null }
  const fetch_: typeof fetch = async (input) => {
    const url = new URL(String(input))
    const offset = Number(url.searchParams.get('offset') ?? 0)
    const items = Array.from({ length: 50 }, (_, index) => ({
      added_at: '2026-01-01T00:00:00Z',
      track: { ...track, id: `${offset + index}` },
    }))
    const next = offset + 50 < total ? `https://api.spotify.com/v1/me/tracks?offset=${offset + 50}&limit=50` : null
    return Response.json({ href: '', items, limit: 50, next, offset, previous: null, total })
  }
  const spotify = createSpotify({ limiter, fetch: fetch_ })
  let count = 0
  let first = 0
  for await (const _ of spotify.as(async () => 'token').library.tracks()) {
    if (++count === 100_000) first = await heap()
  }
  const last = await heap()
  if (count !== total) throw new Error(`iterated over ${count}`)
  await spotify.close()
  await limiter.close()
  return { first, last }
}
