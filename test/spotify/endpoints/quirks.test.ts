import { describe, expect, it } from 'vitest'
import { id, json, pager, savedTrack, scriptedClient, track } from '../support/scripted-client.ts'

const episode = { type: 'episode', id: 'e', name: 'Episode', uri: 'spotify:episode:e' }

describe('a playlist', () => {
  it('has its rows in items and what they hold in item, whichever names Spotify used', async () => {
    const rows = {
      older: [{ track: track(1) }, { track: episode }, { track: null }],
      newer: [{ item: track(1) }, { item: episode }, { item: null }],
    }
    for (const [era, items] of Object.entries(rows)) {
      const page = { items, total: 3, limit: 50, offset: 0, next: null }
      const whole = { id, name: 'P', type: 'playlist', [era === 'older' ? 'tracks' : 'items']: page }
      const { client, unexpected } = scriptedClient(({ path }) => json(path.endsWith('/items') ? page : whole))
      const read = await client.playlists.items(id).toArray()
      expect(read.map(({ item }) => item?.name ?? null)).toEqual(['Track 1', 'Episode', null])
      const playlist = await client.playlists.get(id)
      expect(playlist.items?.items.map(({ item }) => item?.name ?? null)).toEqual(['Track 1', 'Episode', null])
      expect(unexpected).toEqual([])
    }
  })

  it('of others has no rows in Development Mode', async () => {
    const { client, unexpected } = scriptedClient(() => json({ id, name: 'Not mine', type: 'playlist' }))
    expect((await client.playlists.get(id)).items).toBeUndefined()
    expect(unexpected).toEqual([])
  })

  it('in a list has its number of rows, whichever name Spotify used', async () => {
    for (const key of ['tracks', 'items']) {
      const { client } = scriptedClient(
        pager(3, (n) => ({ id: `p${n}`, name: 'P', type: 'playlist', [key]: { href: 'x', total: n } })),
      )
      expect((await client.playlists.list().toArray()).map(({ items }) => items?.total)).toEqual([0, 1, 2])
    }
  })

  it('is requested with episodes, unless the caller chooses otherwise', async () => {
    const { client, seen } = scriptedClient(() => json({ id, name: 'P', items: [] }))
    await client.playlists.get(id)
    await client.playlists.items(id, { additional_types: 'track', market: 'SE' }).page()
    expect(seen.map(({ url }) => url.searchParams.get('additional_types'))).toEqual(['track,episode', 'track'])
  })

  it('can be requested in part, and its rows are still read to the end', async () => {
    const rows = pager(120, (n) => ({ item: { name: `Track ${n}` } }))
    const { client, seen, unexpected } = scriptedClient((request, index) =>
      request.path.endsWith('/items') ? rows(request, index) : json({ name: 'P' }),
    )
    expect(await client.playlists.get(id, { fields: 'name' })).toEqual({ name: 'P' })
    const names = await client.playlists.items(id, { fields: 'items(item(name))' }).toArray({ concurrency: 1 })
    expect(names).toHaveLength(120)
    expect(names[119]?.item).toEqual({ name: 'Track 119' })
    expect(seen[1]?.url.searchParams.get('fields')).toBe('items(item(name)),next,offset,limit,total')
    expect(unexpected).toEqual([])
  })

  it('accepts a cover as bytes or as base64, of a bounded size', async () => {
    const { client, seen } = scriptedClient(() => new Response('', { status: 202 }))
    const bytes = Uint8Array.from({ length: 100_000 }, (_, n) => n)
    await client.playlists.setCoverImage(id, bytes)
    expect(seen[0]?.headers.get('content-type')).toBe('image/jpeg')
    expect(Buffer.from(String(seen[0]?.body), 'base64').equals(bytes)).toBe(true)
    await client.playlists.setCoverImage(id, 'data:image/jpeg;base64,AAAA')
    expect(seen[1]?.body).toBe('AAAA')
    await expect(client.playlists.setCoverImage(id, new Uint8Array(200_000))).rejects.toThrow('256 KB')
    await expect(client.playlists.setCoverImage(id, 'not base64!')).rejects.toThrow(TypeError)
  })

  it('is followed and left through the library, or with extended quota by its own operations', async () => {
    for (const appMode of ['development', 'extended'] as const) {
      const { client, seen } = scriptedClient(({ method }) => (method === 'GET' ? json([true]) : new Response('')), {
        appMode,
      })
      await client.playlists.follow(id, { public: false })
      await client.playlists.unfollow(`spotify:playlist:${id}`)
      expect(await client.playlists.isFollowedBy(id)).toBe(true)
      expect(seen.map(({ path }) => path)).toEqual(
        appMode === 'development'
          ? ['/me/library', '/me/library', '/me/library/contains']
          : [`/playlists/${id}/followers`, `/playlists/${id}/followers`, `/playlists/${id}/followers/contains`],
      )
    }
  })
})

describe('an invalid item', () => {
  const rows = (n: number) =>
    n === 1
      ? { added_at: 'x' }
      : n === 2
        ? { ...savedTrack(n), track: { ...track(n), artists: 'garbage' } }
        : savedTrack(n)

  it('does not make its page invalid: it is kept as Spotify sent it, and reported', async () => {
    const { client, unexpected } = scriptedClient(pager(4, rows))
    const read = await client.library.tracks().toArray()
    expect(read).toHaveLength(4)
    expect(read[1]).toEqual({ added_at: 'x' })
    expect(unexpected).toEqual([
      { request: { method: 'GET', path: '/me/tracks' }, kind: 'savedTrack', path: 'track', dropped: false },
      { request: { method: 'GET', path: '/me/tracks' }, kind: 'savedTrack', path: 'track.artists', dropped: false },
    ])
  })

  it('is left out if the application chooses so, and reported', async () => {
    const { client, unexpected } = scriptedClient(pager(4, rows), { invalidItems: 'drop' })
    expect((await client.library.tracks().toArray()).map(({ track }) => track.id)).toEqual(['track0', 'track3'])
    expect(unexpected.map(({ dropped }) => dropped)).toEqual([true, true])
  })

  it('of a page inside an object does not make the object invalid', async () => {
    const page = { items: [{ item: track(1) }, { item: { type: 'advert', id: 'x' } }, 7], total: 3, next: null }
    const body = { id, name: 'P', type: 'playlist', items: page }
    const kept = scriptedClient(() => json(body))
    expect((await kept.client.playlists.get(id)).items?.items).toHaveLength(3)
    expect(kept.unexpected).toHaveLength(2)
    const dropped = scriptedClient(() => json(body), { invalidItems: 'drop' })
    expect((await dropped.client.playlists.get(id)).items?.items).toHaveLength(1)
  })

  it('that is a field in another form is kept and reported; a field that is missing is an error', async () => {
    const other = scriptedClient(() => json({ ...track(1), duration_ms: '3:27' }))
    expect((await other.client.tracks.get(id)).duration_ms).toBe('3:27')
    expect(other.unexpected).toMatchObject([{ kind: 'track', path: 'duration_ms' }])
    const missing = scriptedClient(() => json({ ...track(1), name: undefined }))
    await expect(missing.client.tracks.get(id)).rejects.toMatchObject({ code: 'API_BAD_RESPONSE' })
  })
})

describe('saved audiobooks', () => {
  it('are read alike, bare as Spotify sends them and wrapped as its description says', async () => {
    const audiobook = { id: 'a', name: 'Book', uri: 'spotify:show:a', type: 'audiobook' }
    const rows = [audiobook, { added_at: '2026-01-01T00:00:00Z', audiobook }, null]
    const { client, unexpected } = scriptedClient(pager(3, (n) => rows[n]))
    const read = await client.library.audiobooks().toArray()
    expect(read.map(({ name, added_at }) => [name, added_at])).toEqual([
      ['Book', undefined],
      ['Book', '2026-01-01T00:00:00Z'],
    ])
    expect(unexpected).toHaveLength(1)
  })
})

describe('the player', () => {
  it.each([
    ['204', () => new Response(null, { status: 204 })],
    ['an empty 200', () => new Response('')],
  ])('with nothing playing is undefined: %s', async (_, respond) => {
    const { client } = scriptedClient(respond)
    expect(await client.player.state()).toBeUndefined()
    expect(await client.player.currentlyPlaying()).toBeUndefined()
  })

  it('accepts any response of 2xx to a command', async () => {
    for (const respond of [
      () => new Response(null, { status: 204 }),
      () => new Response('AAAAAGrandomtext'),
      () => new Response('', { status: 202 }),
    ]) {
      const { client } = scriptedClient(respond)
      expect(await client.player.play()).toBeUndefined()
      expect(await client.player.setShuffle(true)).toBeUndefined()
    }
  })

  it('receives what to play, where and how', async () => {
    const { client, seen } = scriptedClient(() => new Response(null, { status: 204 }))
    await client.player.play()
    await client.player.play({
      device_id: 'd',
      context_uri: `https://open.spotify.com/album/${id}`,
      offset: { position: 3 },
      position_ms: 1000,
    })
    await client.player.transfer('d', { play: true })
    await client.player.setVolume(30, { device_id: 'd' })
    await client.player.setShuffle(false)
    await client.player.addToQueue(`spotify:track:${id}`)
    expect(seen.map(({ method, path, url, body }) => [method, `${path}${url.search}`, body])).toEqual([
      ['PUT', '/me/player/play', {}],
      [
        'PUT',
        '/me/player/play?device_id=d',
        { context_uri: `spotify:album:${id}`, offset: { position: 3 }, position_ms: 1000 },
      ],
      ['PUT', '/me/player', { device_ids: ['d'], play: true }],
      ['PUT', '/me/player/volume?device_id=d&volume_percent=30', undefined],
      ['PUT', '/me/player/shuffle?state=false', undefined],
      ['POST', `/me/player/queue?uri=spotify%3Atrack%3A${id}`, undefined],
    ])
    await expect(client.player.play({ context_uri: `spotify:track:${id}` })).rejects.toThrow('an album')
  })
})

describe('a search', () => {
  const found = (total: number) =>
    scriptedClient((request, index) => {
      const types = request.url.searchParams.get('type')?.split(',') ?? []
      const pages = types.map(async (type) => [
        `${type}s`,
        await (
          await pager(total, (n) => (type === 'playlist' && n === 1 ? null : { ...track(n), type }), 10)(request, index)
        ).json(),
      ])
      return Promise.all(pages).then((entries) => json(Object.fromEntries(entries)))
    })

  it('gives a page for each type, each of which can be read on by itself', async () => {
    const { client, seen } = found(25)
    const { tracks, playlists } = await client.search('x y', ['track', 'playlist'], { market: 'SE' })
    expect(seen[0]?.url.search).toBe('?market=SE&q=x%20y&type=track%2Cplaylist&limit=10')
    expect(tracks.total).toBe(25)
    expect(tracks.items).toHaveLength(10)
    expect(JSON.parse(JSON.stringify(tracks))).not.toHaveProperty('toArray')
    expect((await tracks.toArray()).map(({ name }) => name)).toHaveLength(25)
    expect(seen.slice(1).map(({ url }) => [url.searchParams.get('type'), url.searchParams.get('offset')])).toEqual([
      ['track', '10'],
      ['track', '20'],
    ])
    const names: string[] = []
    for await (const { name } of playlists) names.push(name)
    expect(names).toHaveLength(24)
  })

  it('does not go beyond the thousand that Spotify shows', async () => {
    const { client, seen } = found(5000)
    const { tracks } = await client.search('x', 'track', { offset: 985 })
    expect(await tracks.toArray()).toHaveLength(15)
    expect(seen.map(({ url }) => [url.searchParams.get('offset'), url.searchParams.get('limit')])).toEqual([
      ['985', '10'],
      ['995', '5'],
    ])
  })

  it('needs words and known types', async () => {
    const { client, seen } = found(1)
    await expect(client.search(' ', ['track'])).rejects.toThrow(TypeError)
    await expect(client.search('x', [])).rejects.toThrow(TypeError)
    await expect(client.search('x', ['song' as 'track'])).rejects.toThrow('track')
    expect(seen).toHaveLength(0)
  })

  it('gives an empty list where Spotify left a type out', async () => {
    const { client } = scriptedClient(() => json({}))
    const { shows } = await client.search('x', ['show'])
    expect(await shows.toArray()).toEqual([])
  })
})
