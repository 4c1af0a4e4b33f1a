import { getSavedTracks, SpotifyClient as Soundify } from '@soundify/web-api'
import { SpotifyApi } from '@spotify/web-api-ts-sdk'
import { adaptiveLimiter, createSpotify } from '../../dist/index.js'
import { fetchTo, startApi } from '../lib/api.ts'
import { median } from '../lib/measure.ts'
import type { Context, Row } from '../lib/rows.ts'

export const about =
  '10,000 saved tracks, 50 a page, 100 ms latency, with limiters that do not hold back; the floor is a bare concurrent fetch and parse of the same pages.'

const rounds = 7

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const api = await startApi(100)
  const { origin, total } = api.ready
  const limiter = adaptiveLimiter({ initialCeiling: 1e6, maxConcurrent: 64 })
  const spotify = createSpotify({ limiter, endpoints: { api: `${origin}/v1` } })
  const client = spotify.as(async () => 'token')
  const floor = (): Promise<number> => fetchPages(origin, total, 10)
  const ours = async (): Promise<number> => (await client.library.tracks().toArray({ concurrency: 10 })).length
  const times: Record<string, number[]> = { floor: [], 'floor again': [], 'ours, 10 at a time': [] }
  try {
    note('ten pages at a time, by turns')
    for (let round = -1; round < rounds; round++) {
      for (const [name, read] of Object.entries({ floor, 'ours, 10 at a time': ours, 'floor again': floor })) {
        const time = await timed(read, total)
        if (round >= 0) times[name]?.push(time)
      }
    }
    const base = median(times.floor ?? [])
    const row = (subject: string, value: number, verdict: object = {}): Row => ({
      bench: 'library',
      case: `${total} saved tracks`,
      subject,
      value,
      unit: 'ms',
      ratioToFloor: value / base,
      ...verdict,
    })
    const mine = median(times['ours, 10 at a time'] ?? [])
    yield row('floor, 10 at a time', base)
    yield row('floor, against itself', median(times['floor again'] ?? []))
    yield row('ours, 10 at a time', mine, { target: '≤ 1.05 × floor', pass: mine / base <= 1.05 })
    note('one page at a time')
    yield row(
      'ours, 1 at a time',
      await timed(async () => (await client.library.tracks().toArray({ concurrency: 1 })).length, total),
    )
    const official = await timed(() => officialLoop(origin, total), total)
    yield row('@spotify/web-api-ts-sdk in a loop', official)
    yield row('@soundify/web-api in a loop', await timed(() => soundifyLoop(origin), total))
    const speedUp = official / mine
    yield {
      ...{ bench: 'library', case: 'speed-up', subject: 'ours over the official SDK' },
      ...{ value: speedUp, unit: '×', target: '≥ 8 ×', pass: speedUp >= 8 },
    }
  } finally {
    await spotify.close()
    await limiter.close()
    await api.stop()
  }
}

async function timed(read: () => Promise<number>, total: number): Promise<number> {
  const start = performance.now()
  const count = await read()
  if (count !== total) throw new Error(`read ${count} of ${total}`)
  return performance.now() - start
}

async function fetchPages(origin: string, total: number, width: number): Promise<number> {
  const offsets = Array.from({ length: Math.ceil(total / 50) }, (_, index) => index * 50)
  const items: unknown[][] = []
  const headers = { authorization: 'Bearer token' }
  const worker = async (): Promise<void> => {
    for (let offset = offsets.shift(); offset !== undefined; offset = offsets.shift()) {
      const response = await fetch(`${origin}/v1/me/tracks?limit=50&offset=${offset}`, { headers })
      items[offset / 50] = (JSON.parse(await response.text()) as { items: unknown[] }).items
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return items.flat().length
}

async function officialLoop(origin: string, total: number): Promise<number> {
  const token = { access_token: 'token', token_type: 'Bearer', expires_in: 3600, refresh_token: '' }
  const api = SpotifyApi.withAccessToken('bench', token, { fetch: fetchTo(origin) as never })
  let count = 0
  while (count < total) count += (await api.currentUser.tracks.savedTracks(50, count)).items.length
  return count
}

async function soundifyLoop(origin: string): Promise<number> {
  const client = new Soundify('token', { baseUrl: `${origin}/` })
  let count = 0
  for (let next: string | null = ''; next !== null; ) {
    const page = await getSavedTracks(client, { limit: 50, offset: count })
    count += page.items.length
    next = page.next
  }
  return count
}
