import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adaptiveLimiter, type SavedTrack } from '../../src/spotify/index.ts'
import { json, pager, savedTrack, scriptedClient } from './support/scripted-client.ts'

const names = (rows: readonly SavedTrack[]) => rows.map(({ track }) => track.name)
const expected = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `Track ${from + n}`)
const unlimited = () => adaptiveLimiter({ initialCeiling: 1e6, maxConcurrent: 64 })

describe('a list', () => {
  it('sends no request until it is used', async () => {
    const { client, seen } = scriptedClient(pager(100, savedTrack))
    client.library.tracks()
    expect(seen).toHaveLength(0)
  })

  it('reads its first page with one request, with the largest page size of the application', async () => {
    const { client, seen } = scriptedClient(pager(120, savedTrack))
    const page = await client.library.tracks().page()
    expect(page.total).toBe(120)
    expect(page.items).toHaveLength(50)
    expect(seen.map(({ url }) => url.search)).toEqual(['?limit=50'])
  })

  it('starts at the offset and with the page size of its query', async () => {
    const { client, seen } = scriptedClient(pager(120, savedTrack))
    const rows = await client.library.tracks({ limit: 20, offset: 90, market: 'SE' }).toArray()
    expect(names(rows)).toEqual(expected(90, 120))
    expect(seen.map(({ url }) => url.search)).toEqual([
      '?market=SE&offset=90&limit=20',
      '?market=SE&offset=110&limit=20',
    ])
  })

  it('returns every item in order, however it is read', async () => {
    const { client } = scriptedClient(pager(333, savedTrack), { limiter: unlimited() })
    const list = client.library.tracks()
    const iterated: SavedTrack[] = []
    for await (const row of list) iterated.push(row)
    expect(names(iterated)).toEqual(expected(0, 333))
    expect(names(await list.toArray())).toEqual(expected(0, 333))
    expect(names(await list.toArray({ concurrency: 1 }))).toEqual(expected(0, 333))
    expect(names(await list.toArray({ concurrency: 9 }))).toEqual(expected(0, 333))
    const sizes: number[] = []
    for await (const page of list.pages()) sizes.push(page.items.length)
    expect(sizes).toEqual([50, 50, 50, 50, 50, 50, 33])
  })

  it('collects no more than max, and requests no more than it needs', async () => {
    const { client, seen } = scriptedClient(pager(1000, savedTrack), { limiter: unlimited() })
    expect(await client.library.tracks().toArray({ max: 0 })).toEqual([])
    expect(seen).toHaveLength(0)
    expect(names(await client.library.tracks().toArray({ max: 7 }))).toEqual(expected(0, 7))
    expect(seen.map(({ url }) => url.search)).toEqual(['?offset=0&limit=7'])
    expect(names(await client.library.tracks().toArray({ max: 120 }))).toEqual(expected(0, 120))
    expect(seen).toHaveLength(1 + 3)
    expect(names(await client.library.tracks().toArray({ max: 120, concurrency: 10 }))).toEqual(expected(0, 120))
    expect(seen).toHaveLength(1 + 3 + 3)
  })

  it('requests pages concurrently, and no more of them than the given concurrency', async () => {
    let running = 0
    let most = 0
    const respond = pager(1000, savedTrack)
    const { client } = scriptedClient(
      async (seen, index) => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        return respond(seen, index)
      },
      { limiter: unlimited() },
    )
    expect(names(await client.library.tracks().toArray({ concurrency: 6 }))).toEqual(expected(0, 1000))
    expect(most).toBe(6)
  })

  it('reads no further when iterating stops', async () => {
    const { client, seen } = scriptedClient(pager(1000, savedTrack))
    for await (const row of client.library.tracks()) if (row.track.name === 'Track 49') break
    expect(seen).toHaveLength(1)
  })

  it('reads one page ahead from the second on, if the limiter has room', async () => {
    const { client, seen } = scriptedClient(pager(1000, savedTrack), { limiter: unlimited() })
    const pages = client.library.tracks().pages()
    await pages.next()
    expect(seen).toHaveLength(1)
    await pages.next()
    expect(seen).toHaveLength(3)
    await pages.return?.()
  })

  it('follows links only to the origin of the API, and computes the next offset in place of others', async () => {
    const respond = pager(120, savedTrack)
    const { client, seen } = scriptedClient(async (request, index) => {
      const page = (await (await respond(request, index)).json()) as { next: string | null }
      return json({ ...page, next: page.next === null ? null : 'https://evil.example/v1/me/tracks?offset=7' })
    })
    expect(names(await client.library.tracks().toArray({ concurrency: 1 }))).toEqual(expected(0, 120))
    expect(seen.every(({ url }) => url.origin === 'https://api.spotify.com')).toBe(true)
  })

  it('continues where a page that is smaller than requested ends', async () => {
    for (const options of [{ concurrency: 1 }, { concurrency: 5 }, {}]) {
      const { client } = scriptedClient(pager(95, savedTrack, 20), { limiter: unlimited() })
      expect(names(await client.library.tracks().toArray(options))).toEqual(expected(0, 95))
    }
  })

  it('ends when the server returns the same page for every offset', async () => {
    const page = {
      items: [savedTrack(0), savedTrack(1)],
      offset: 0,
      limit: 2,
      total: 1e6,
      next: 'https://api.spotify.com/v1/me/tracks?offset=2&limit=2',
    }
    for (const options of [{ concurrency: 1 }, {}]) {
      const { client, seen } = scriptedClient(() => json(page))
      expect(await client.library.tracks({ limit: 2 }).toArray(options)).toHaveLength(2)
      expect(seen.length).toBeLessThan(10)
    }
  })

  it('ends with an empty page, even if that names a next one', async () => {
    const respond = pager(60, savedTrack)
    const { client } = scriptedClient(async (request, index) => {
      const page = (await (await respond(request, index)).json()) as object
      return json({ ...page, total: 500, next: 'https://api.spotify.com/v1/me/tracks?offset=999' })
    })
    expect(names(await client.library.tracks().toArray({ concurrency: 1 }))).toEqual(expected(0, 60))
  })

  it('leaves out null in place of an item when iterating, shows it in pages, and reports it', async () => {
    const row = (n: number) => (n % 3 === 0 ? null : savedTrack(n))
    const { client, unexpected } = scriptedClient(pager(9, row))
    expect(names(await client.library.tracks().toArray())).toEqual(expected(0, 9).filter((_, n) => n % 3 !== 0))
    expect(unexpected).toHaveLength(3)
    const page = await client.library.tracks().page()
    expect(page.items.filter((item) => item === null)).toHaveLength(3)
    const kept = scriptedClient(pager(9, row), { invalidItems: 'keep' })
    expect(await kept.client.library.tracks().toArray()).toHaveLength(9)
    const dropped = scriptedClient(pager(9, row), { invalidItems: 'drop' })
    expect((await dropped.client.library.tracks().page()).items).toHaveLength(6)
  })

  it('is aborted by its caller between and within pages', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const { client } = scriptedClient(pager(1000, savedTrack))
    const reading = (async () => {
      for await (const row of client.library.tracks({}, { signal: controller.signal })) {
        if (row.track.name === 'Track 60') controller.abort(reason)
      }
    })()
    await expect(reading).rejects.toBe(reason)
    await expect(client.library.tracks({}, { signal: controller.signal }).toArray()).rejects.toBe(reason)
  })
})

describe('a list with cursors', () => {
  const artist = (n: number) => ({ type: 'artist', id: `a${n}`, name: `Artist ${n}`, uri: `spotify:artist:a${n}` })
  const followed =
    (total: number, lead: (n: number) => string | null) =>
    ({ url }: { url: URL }) => {
      const from = Number(url.searchParams.get('after')?.slice(1) ?? -1) + 1
      const items = Array.from({ length: Math.min(50, total - from) }, (_, n) => artist(from + n))
      const last = from + items.length - 1
      const more = last + 1 < total
      return json({
        artists: {
          items,
          total,
          limit: 50,
          cursors: { after: more ? lead(last) : null },
          next: more ? `${url.origin}${url.pathname}?type=artist&after=${lead(last)}` : null,
        },
      })
    }

  it('goes from cursor to cursor inside its wrapper', async () => {
    const { client, seen } = scriptedClient(followed(120, (n) => `a${n}`))
    const artists = await client.following.artists().toArray({ concurrency: 8 })
    expect(artists.map(({ id }) => id)).toEqual(Array.from({ length: 120 }, (_, n) => `a${n}`))
    expect(seen.map(({ url }) => url.searchParams.get('after'))).toEqual([null, 'a49', 'a99'])
    expect((await client.following.artists({ after: 'a99' }).page()).items).toHaveLength(20)
  })

  it('ends when a cursor leads back', async () => {
    const { client, seen } = scriptedClient(followed(120, () => 'a9'))
    expect(await client.following.artists().toArray()).not.toHaveLength(0)
    expect(seen.length).toBeLessThan(4)
  })

  it('reads recently played tracks back in time', async () => {
    const { client, seen } = scriptedClient(({ url }) => {
      const before = url.searchParams.get('before')
      const items =
        before === null ? [{ track: savedTrack(1).track, played_at: '2026-01-01T00:00:00Z', context: null }] : []
      return json({
        items,
        limit: 50,
        cursors: { after: '20', before: '10' },
        next: `${url.origin}${url.pathname}?before=10&limit=50`,
      })
    })
    expect(await client.player.recentlyPlayed().toArray()).toHaveLength(1)
    expect(seen.map(({ url }) => url.search)).toEqual(['?limit=50', '?before=10&limit=50'])
  })
})

describe('page sizes', () => {
  const album = (n: number) => ({ type: 'album', id: `album${n}`, name: `Album ${n}` })
  const strict = (largest: number, total = 35) => {
    const respond = pager(total, album, largest)
    return scriptedClient(
      (request, index) =>
        Number(request.url.searchParams.get('limit')) > largest
          ? json({ error: { status: 400, message: 'Invalid limit' } }, 400)
          : respond(request, index),
      { appMode: 'extended', limiter: unlimited() },
    )
  }

  it('follow the application mode', async () => {
    for (const [appMode, size] of [
      ['development', '10'],
      ['extended', '50'],
    ] as const) {
      const { client, seen } = scriptedClient(pager(5, album), { appMode })
      await client.artists.albums('artist').page()
      expect(seen[0]?.url.searchParams.get('limit')).toBe(size)
    }
  })

  it.each([{ concurrency: 1 }, { concurrency: 4 }, {}])(
    'become smaller once when they are refused, and stay so (%o)',
    async (options) => {
      const { client, seen } = strict(10)
      expect(await client.artists.albums('artist').toArray(options)).toHaveLength(35)
      const refused = seen.filter(({ url }) => Number(url.searchParams.get('limit')) > 10).length
      expect(refused).toBeLessThanOrEqual(options.concurrency ?? 1)
      await client.artists.albums('another').page()
      expect(seen.filter(({ url }) => Number(url.searchParams.get('limit')) > 10)).toHaveLength(refused)
    },
  )

  it('that the caller chose are not changed: the refusal is thrown', async () => {
    const { client } = strict(10)
    const error = await client.artists
      .albums('artist', { limit: 50 })
      .page()
      .catch((error) => error)
    expect(error).toMatchObject({ code: 'API_INVALID_LIMIT', status: 400, request: { path: '/artists/{id}/albums' } })
    expect(error.action).toContain('appMode')
  })

  it('that are refused at every size result in the refusal', async () => {
    const { client, seen } = strict(0)
    await expect(client.artists.albums('artist').toArray()).rejects.toMatchObject({ code: 'API_INVALID_LIMIT' })
    expect(seen.length).toBeLessThan(8)
  })
})

describe('any server', () => {
  const scenario = fc.record({
    total: fc.integer({ min: 0, max: 180 }),
    largest: fc.integer({ min: 1, max: 50 }),
    limit: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    reportedTotal: fc.constantFrom('true', 'null', 'absent', 'low', 'high', 'zero'),
    next: fc.constantFrom('link', 'foreign', 'absent'),
    holes: fc.integer({ min: 0, max: 7 }),
    concurrency: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  })

  it('yields every item once and in order, for any page size, with nulls and with wrong totals', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ total, largest, limit, reportedTotal: lie, next, holes, concurrency }) => {
        const row = (n: number) => (holes > 1 && n % holes === 0 ? null : savedTrack(n))
        const respond = pager(total, row, largest)
        // Without links, a true total is all there is to go by.
        const totalKind = next === 'absent' ? 'true' : lie
        const { client, seen } = scriptedClient(
          async (request, index) => {
            const {
              total: _,
              next: link,
              ...page
            } = (await (await respond(request, index)).json()) as { total: number; next: string | null }
            const totals: Record<string, object> = {
              true: { total },
              null: { total: null },
              absent: {},
              low: { total: Math.floor(total / 2) },
              high: { total: total + 77 },
              zero: { total: 0 },
            }
            const links: Record<string, object> = {
              link: { next: link },
              foreign: { next: link?.replace('api.spotify.com', 'elsewhere.example') ?? null },
              absent: {},
            }
            return json({ ...page, ...totals[totalKind], ...links[next] })
          },
          { limiter: unlimited() },
        )
        const list = client.library.tracks({ limit })
        const wanted = Array.from({ length: total }, (_, n) => n)
          .filter((n) => row(n) !== null)
          .map((n) => `Track ${n}`)
        expect(names(await list.toArray({ concurrency }))).toEqual(wanted)
        const iterated: string[] = []
        for await (const { track } of list) iterated.push(track.name)
        expect(iterated).toEqual(wanted)
        expect(seen.length).toBeLessThan(2 * (total / Math.min(largest, limit ?? 50)) + 40)
      }),
      { numRuns: 150 },
    )
  })
})
