import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunk } from '../../../src/spotify/chunk.ts'
import type { SpotifyApiError } from '../../../src/spotify/index.ts'
import { id, json, scriptedClient } from '../support/scripted-client.ts'

const uris = (count: number, kind = 'track') => Array.from({ length: count }, (_, n) => `spotify:${kind}:${n}`)
const requested = (url: URL, name = 'uris') => url.searchParams.get(name)?.split(',') ?? []
const failed = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error as SpotifyApiError,
  )

describe('cutting a list', () => {
  it('and joining the pieces gives the list', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 60 }), (list, size) => {
        const pieces = chunk(list, size)
        expect(pieces.flat()).toEqual(list)
        expect(pieces.every((piece) => piece.length > 0 && piece.length <= size)).toBe(true)
        expect(pieces).toHaveLength(Math.ceil(list.length / size))
      }),
    )
  })
})

describe('the library', () => {
  it('is written in forties, by query, in order and with what is named twice', async () => {
    const { client, seen } = scriptedClient(() => new Response(''))
    const references = [...uris(85), 'spotify:track:0']
    await client.library.save(references)
    await client.library.remove(references)
    expect(seen.map(({ method, url }) => [method, requested(url).length])).toEqual([
      ['PUT', 40],
      ['PUT', 40],
      ['PUT', 6],
      ['DELETE', 40],
      ['DELETE', 40],
      ['DELETE', 6],
    ])
    expect(seen.slice(0, 3).flatMap(({ url }) => requested(url))).toEqual(references)
    expect(seen.every(({ body, headers }) => body === undefined && !headers.has('content-type'))).toBe(true)
  })

  it('sends no request for an empty list', async () => {
    const { client, seen } = scriptedClient(() => new Response(''))
    await client.library.save([])
    expect(await client.library.contains([])).toEqual([])
    expect(seen).toHaveLength(0)
  })

  it('reports whether each is saved, in the order of the arguments', async () => {
    const has = (uri: string) => Number(uri.split(':')[2]) % 3 === 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 130 }), async (numbers) => {
        const { client } = scriptedClient(({ url }) => json(requested(url).map(has)))
        const references = numbers.map((n) => `spotify:track:${n}`)
        expect(await client.library.contains(references)).toEqual(references.map(has))
      }),
      { numRuns: 40 },
    )
  })

  it('names what was done when it fails in the middle', async () => {
    const { client } = scriptedClient(
      (_, index) => (index < 2 ? new Response('') : new Response('', { status: 403 })),
      {
        retries: 0,
      },
    )
    const error = await failed(client.library.save(uris(130)))
    expect(error).toMatchObject({
      code: 'API_PARTLY_DONE',
      status: 403,
      retryable: false,
      cause: { code: 'API_FORBIDDEN' },
    })
    expect(error?.done).toEqual(uris(80))
    expect(error?.action).toContain('done')
  })

  it('throws the failure itself when nothing was done, and an abort as it is', async () => {
    const { client } = scriptedClient(() => new Response('', { status: 403 }))
    expect(await failed(client.library.save(uris(130)))).toMatchObject({ code: 'API_FORBIDDEN' })
    const controller = new AbortController()
    const reason = new Error('enough')
    const slow = scriptedClient((_, index) => {
      if (index === 1) controller.abort(reason)
      return new Response('')
    })
    expect(await failed(slow.client.library.save(uris(130), { signal: controller.signal }))).toBe(reason)
  })
})

describe('several objects by id', () => {
  it.each([
    ['albums', 20],
    ['artists', 50],
    ['shows', 50],
    ['episodes', 50],
    ['audiobooks', 50],
    ['chapters', 50],
    ['tracks', 50],
  ] as const)('%s are returned in their order, with null where there is none, %i to a request', async (group, size) => {
    const { client, seen, unexpected } = scriptedClient(
      ({ url }) =>
        json({
          [group]: requested(url, 'ids').map((id) =>
            id === '3'
              ? null
              : { id, name: id, uri: id, type: group.slice(0, -1), artists: [], album: { id, name: id } },
          ),
        }),
      { appMode: 'extended' },
    )
    const ids = Array.from({ length: 2 * size + 1 }, (_, n) => String(n))
    const objects = (await client[group].getMany(ids)) as ({ id: string | null } | null)[]
    expect(objects.map((object) => object?.id ?? null)).toEqual(ids.map((id) => (id === '3' ? null : id)))
    expect(seen.map(({ url }) => requested(url, 'ids').length)).toEqual([size, size, 1])
    expect(unexpected).toEqual([])
  })
})

describe('following', () => {
  it('is changed through the library', async () => {
    const { client, seen } = scriptedClient(({ method }) => (method === 'GET' ? json([true, false]) : new Response('')))
    await client.following.follow(['a', 'spotify:user:u'])
    await client.following.unfollow(['u'], { type: 'user' })
    expect(await client.following.contains(['a', 'b'])).toEqual([true, false])
    expect(seen.map(({ method, path, url }) => [method, path, requested(url)])).toEqual([
      ['PUT', '/me/library', ['spotify:artist:a', 'spotify:user:u']],
      ['DELETE', '/me/library', ['spotify:user:u']],
      ['GET', '/me/library/contains', ['spotify:artist:a', 'spotify:artist:b']],
    ])
    await expect(client.following.follow([`spotify:track:${id}`])).rejects.toThrow('an artist or a user')
  })

  it('is changed by kind with extended quota, and checked in the order of the arguments', async () => {
    const { client, seen } = scriptedClient(
      ({ method, url }) =>
        method === 'GET'
          ? json(requested(url, 'ids').map((id) => id.endsWith('1')))
          : new Response(null, { status: 204 }),
      { appMode: 'extended' },
    )
    await client.following.follow(['a1', 'spotify:user:u1', 'a2'])
    expect(seen.map(({ path, url }) => [path, url.searchParams.get('type'), requested(url, 'ids')])).toEqual([
      ['/me/following', 'artist', ['a1', 'a2']],
      ['/me/following', 'user', ['u1']],
    ])
    expect(await client.following.contains(['a1', 'spotify:user:u2', 'a2', 'spotify:user:u1'])).toEqual([
      true,
      false,
      false,
      true,
    ])
  })
})

describe('the rows of a playlist', () => {
  const versions = () => {
    let version = 0
    return scriptedClient(({ method }) =>
      json(
        method === 'GET' ? { snapshot_id: 'now', id } : { snapshot_id: `v${++version}` },
        method === 'POST' ? 201 : 200,
      ),
    )
  }
  const sent = (seen: ReturnType<typeof scriptedClient>['seen']) =>
    seen.map(({ method, body }) => ({ method, ...(body as object) }))

  it('are added in hundreds, in order, at the end or at a position that moves along', async () => {
    const { client, seen } = versions()
    expect(await client.playlists.addItems(id, uris(230))).toEqual({ snapshot_id: 'v3' })
    await client.playlists.addItems(id, uris(130), { position: 7 })
    expect(sent(seen)).toEqual([
      { method: 'POST', uris: uris(230).slice(0, 100) },
      { method: 'POST', uris: uris(230).slice(100, 200) },
      { method: 'POST', uris: uris(230).slice(200) },
      { method: 'POST', uris: uris(130).slice(0, 100), position: 7 },
      { method: 'POST', uris: uris(130).slice(100), position: 107 },
    ])
    expect(seen.every(({ path }) => path === `/playlists/${id}/items`)).toBe(true)
  })

  it('are replaced by the first hundred, and the others added', async () => {
    const { client, seen } = versions()
    expect(await client.playlists.replaceItems(id, uris(250))).toEqual({ snapshot_id: 'v3' })
    expect(sent(seen).map(({ method }) => method)).toEqual(['PUT', 'POST', 'POST'])
    expect(seen.flatMap(({ body }) => (body as { uris: string[] }).uris)).toEqual(uris(250))
    await client.playlists.replaceItems(id, [])
    expect(sent(seen).at(-1)).toEqual({ method: 'PUT', uris: [] })
  })

  it('are removed in hundreds under the key of 2026, each against the version before', async () => {
    const { client, seen } = versions()
    const references = [...uris(150), 'spotify:track:0', 'spotify:track:149']
    expect(await client.playlists.removeItems(id, references, { snapshot_id: 'v0' })).toEqual({ snapshot_id: 'v2' })
    const item = (uri: string) => ({ uri })
    expect(sent(seen)).toEqual([
      { method: 'DELETE', items: uris(150).slice(0, 100).map(item), snapshot_id: 'v0' },
      { method: 'DELETE', items: uris(150).slice(100).map(item), snapshot_id: 'v1' },
    ])
  })

  it('have their current version returned when there is nothing to change', async () => {
    const { client, seen } = versions()
    expect(await client.playlists.addItems(id, [])).toEqual({ snapshot_id: 'now' })
    expect(await client.playlists.removeItems(id, [])).toEqual({ snapshot_id: 'now' })
    expect(seen.map(({ method, url }) => [method, url.searchParams.get('fields')])).toEqual([
      ['GET', 'snapshot_id'],
      ['GET', 'snapshot_id'],
    ])
  })

  it('are moved', async () => {
    const { client, seen } = versions()
    await client.playlists.reorderItems(id, { range_start: 5, insert_before: 0, range_length: 3, snapshot_id: 'v0' })
    expect(sent(seen)).toEqual([
      { method: 'PUT', range_start: 5, insert_before: 0, range_length: 3, snapshot_id: 'v0' },
    ])
  })

  it('are named as far as they were added when a request fails in the middle', async () => {
    const { client } = scriptedClient(
      (_, index) => (index === 0 ? json({ snapshot_id: 'v1' }, 201) : new Response('', { status: 502 })),
      { retries: 0 },
    )
    const error = await failed(client.playlists.addItems(id, uris(250)))
    expect(error).toMatchObject({ code: 'API_PARTLY_DONE', status: 502 })
    expect(error?.done).toEqual(uris(250).slice(0, 100))
  })
})
