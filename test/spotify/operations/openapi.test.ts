import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type OperationData, type OperationId, operations, type SpotifyClient } from '../../../src/spotify/index.ts'
import { fixture } from '../../fixtures/fixtures.ts'
import { json, scriptedClient } from '../support/scripted-client.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Record<string, Schema>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly maximum?: number
  readonly default?: number
}
interface Parameter {
  readonly $ref?: string
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: Schema
}
interface DescribedOperation {
  readonly operationId: string
  readonly deprecated?: boolean
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> }
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>
  readonly security?: readonly Record<string, readonly string[]>[]
}

const description = parse(fixture('spotify/openapi.yml')) as {
  paths: Record<string, Record<string, DescribedOperation>>
}

function resolve<T extends { readonly $ref?: string | undefined }>(value: T): T {
  if (value.$ref === undefined) return value
  let found: unknown = description
  for (const key of value.$ref.slice(2).split('/')) found = (found as Record<string, unknown>)[key]
  return resolve(found as T)
}

const described = Object.entries(description.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([method]) => ['get', 'put', 'post', 'delete'].includes(method))
    .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
)
const byId = new Map(described.map((one) => [one.operation.operationId, one]))
const all = Object.entries<OperationData>(operations)

/** The type of a parameter in the terms of the operations' data. */
function kinds(schema: Schema): readonly string[] {
  const { type } = resolve(schema)
  if (type === 'string') return ['string', 'strings']
  if (type === 'integer') return ['integer', 'number']
  if (type === 'number') return ['number', 'integer']
  if (type === 'array') return ['strings', 'objects']
  return [type ?? 'object']
}

describe('the operations and their description', () => {
  it('are the same 97', () => {
    expect(described).toHaveLength(97)
    expect(all.map(([id]) => id).sort()).toEqual([...byId.keys()].sort())
  })

  it.each(all)('%s has its method, path, parameters, body, scopes and limits', (id, data) => {
    const { method, path, operation } = byId.get(id) as NonNullable<ReturnType<typeof byId.get>>
    expect([data.method, data.path]).toEqual([method, path])

    const parameters = (operation.parameters ?? []).map(resolve)
    const query = parameters.filter((parameter) => parameter.in === 'query')
    expect(Object.keys(data.query ?? {}).sort()).toEqual(query.map(({ name }) => name).sort())
    for (const { name, required, schema } of query) {
      const field = data.query?.[name] as string
      expect(kinds(schema), `${name} is ${field}`).toContain(field.replace('?', ''))
      expect(field.endsWith('?'), `${name} is optional`).toBe(required !== true)
      const { maximum } = resolve(schema)
      if (name === 'limit') {
        expect(data.page?.development).toBe(maximum)
        expect(data.page?.default).toBe(resolve(schema).default)
      }
    }
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    expect(names.sort()).toEqual(
      parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name)
        .sort(),
    )

    const content = operation.requestBody?.content
    if (content === undefined) expect(data.body).toBeUndefined()
    else if ('image/jpeg' in content) expect(data.body).toBe('image/jpeg')
    else {
      const { properties = {}, required = [] } = resolve((content['application/json'] as { schema: Schema }).schema)
      const fields = data.body as Record<string, string>
      expect(Object.keys(fields).sort()).toEqual(Object.keys(properties).sort())
      for (const [name, schema] of Object.entries(properties)) {
        expect(kinds(schema)).toContain(fields[name]?.replace('?', ''))
        expect(fields[name]?.endsWith('?'), `${name} is optional`).toBe(!required.includes(name))
      }
    }

    const scopes = (operation.security ?? []).flatMap((one) => Object.values(one)).flat()
    expect([...(data.scopes ?? [])].sort()).toEqual([...new Set(scopes)].sort())
    for (const scope of [...(data.required ?? []), ...(data.oneOf ?? [])]) expect(data.scopes).toContain(scope)
    expect(data.availability === 'current').toBe(operation.deprecated !== true)

    const successes = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
    const hasBody = successes.some(
      ([, response]) => resolve(response as { $ref?: string } & typeof response).content !== undefined,
    )
    expect(data.response !== undefined).toBe(hasBody)
  })

  it('reads only, and libraries and settings, may be repeated', () => {
    for (const [id, data] of all) {
      if (data.method === 'GET') expect(data.idempotent).toBe(true)
      else if (data.method === 'POST') expect(data.idempotent, id).toBe(false)
    }
  })

  it('can each be called with path, query and body by client.operation', async () => {
    for (const [id, data] of all) {
      const { client, seen } = scriptedClient(() => new Response(null, { status: 204 }), { appMode: 'extended' })
      const names = [...data.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
      const fill = (fields: Readonly<Record<string, string>> = {}) =>
        Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, sample(kind)]))
      const body = data.body === 'image/jpeg' ? 'AAAA' : data.body === undefined ? undefined : fill(data.body)
      const input = {
        path: Object.fromEntries(names.map((name) => [name, `a/${name}`])),
        query: fill(data.query),
        body,
      }
      await client.operation(id as OperationId, input as never).catch(() => {})
      const [request] = seen
      expect(request?.method).toBe(data.method)
      expect(request?.path).toBe(data.path.replace(/\{(\w+)\}/g, 'a%2F$1'))
      expect([...(request?.url.searchParams.keys() ?? [])].sort()).toEqual(Object.keys(data.query ?? {}).sort())
      expect(request?.body).toEqual(body)
    }
  })
})

function sample(kind: string): unknown {
  const values: Record<string, unknown> = {
    string: 'text',
    integer: 7,
    number: 0.5,
    boolean: true,
    strings: ['one', 'two'],
    object: { position: 1 },
    objects: [{ uri: 'spotify:track:one' }],
  }
  return values[kind.replace('?', '')]
}

const ref = '4iV5W9uYEdYUVa79Axb7Rh'
const uri = `spotify:track:${ref}`
/** What each method is called with, and what it then sends by the operations' data. */
const calls: Record<string, (client: SpotifyClient) => unknown> = {
  'albums.get': (c) => c.albums.get(ref),
  'albums.getMany': (c) => c.albums.getMany([ref]),
  'albums.tracks': (c) => c.albums.tracks(ref).page(),
  'artists.get': (c) => c.artists.get(ref),
  'artists.getMany': (c) => c.artists.getMany([ref]),
  'artists.albums': (c) => c.artists.albums(ref).page(),
  'artists.topTracks': (c) => c.artists.topTracks(ref),
  'artists.relatedArtists': (c) => c.artists.relatedArtists(ref),
  'audiobooks.get': (c) => c.audiobooks.get(ref),
  'audiobooks.getMany': (c) => c.audiobooks.getMany([ref]),
  'audiobooks.chapters': (c) => c.audiobooks.chapters(ref).page(),
  'browse.newReleases': (c) => c.browse.newReleases().page(),
  'browse.featuredPlaylists': (c) => c.browse.featuredPlaylists().page(),
  'browse.categories': (c) => c.browse.categories().page(),
  'browse.category': (c) => c.browse.category('party'),
  'browse.categoryPlaylists': (c) => c.browse.categoryPlaylists('party').page(),
  'browse.recommendations': (c) => c.browse.recommendations({ seed_tracks: [ref] }),
  'browse.genreSeeds': (c) => c.browse.genreSeeds(),
  'browse.markets': (c) => c.browse.markets(),
  'chapters.get': (c) => c.chapters.get(ref),
  'chapters.getMany': (c) => c.chapters.getMany([ref]),
  'episodes.get': (c) => c.episodes.get(ref),
  'episodes.getMany': (c) => c.episodes.getMany([ref]),
  'following.artists': (c) => c.following.artists().page(),
  'following.follow': (c) => c.following.follow([ref]),
  'following.unfollow': (c) => c.following.unfollow([ref]),
  'following.contains': (c) => c.following.contains([ref]),
  'library.albums': (c) => c.library.albums().page(),
  'library.audiobooks': (c) => c.library.audiobooks().page(),
  'library.episodes': (c) => c.library.episodes().page(),
  'library.shows': (c) => c.library.shows().page(),
  'library.tracks': (c) => c.library.tracks().page(),
  'library.save': (c) => c.library.save([uri]),
  'library.remove': (c) => c.library.remove([uri]),
  'library.contains': (c) => c.library.contains([uri]),
  'me.get': (c) => c.me.get(),
  'me.topArtists': (c) => c.me.topArtists().page(),
  'me.topTracks': (c) => c.me.topTracks().page(),
  'player.state': (c) => c.player.state(),
  'player.currentlyPlaying': (c) => c.player.currentlyPlaying(),
  'player.devices': (c) => c.player.devices(),
  'player.queue': (c) => c.player.queue(),
  'player.recentlyPlayed': (c) => c.player.recentlyPlayed().page(),
  'player.play': (c) => c.player.play({ uris: [uri] }),
  'player.pause': (c) => c.player.pause(),
  'player.next': (c) => c.player.next(),
  'player.previous': (c) => c.player.previous(),
  'player.seek': (c) => c.player.seek(1000),
  'player.setRepeat': (c) => c.player.setRepeat('off'),
  'player.setShuffle': (c) => c.player.setShuffle(true),
  'player.setVolume': (c) => c.player.setVolume(50),
  'player.transfer': (c) => c.player.transfer('device'),
  'player.addToQueue': (c) => c.player.addToQueue(uri),
  'playlists.get': (c) => c.playlists.get(ref),
  'playlists.list': (c) => c.playlists.list().page(),
  'playlists.ofUser': (c) => c.playlists.ofUser('someone').page(),
  'playlists.create': (c) => c.playlists.create({ name: 'New' }),
  'playlists.createForUser': (c) => c.playlists.createForUser('someone', { name: 'New' }),
  'playlists.update': (c) => c.playlists.update(ref, { name: 'Other' }),
  'playlists.items': (c) => c.playlists.items(ref).page(),
  'playlists.addItems': (c) => c.playlists.addItems(ref, [uri]),
  'playlists.replaceItems': (c) => c.playlists.replaceItems(ref, Array(101).fill(uri)),
  'playlists.removeItems': (c) => c.playlists.removeItems(ref, [uri]),
  'playlists.reorderItems': (c) => c.playlists.reorderItems(ref, { range_start: 0, insert_before: 2 }),
  'playlists.coverImages': (c) => c.playlists.coverImages(ref),
  'playlists.setCoverImage': (c) => c.playlists.setCoverImage(ref, 'AAAA'),
  'playlists.follow': (c) => c.playlists.follow(ref),
  'playlists.unfollow': (c) => c.playlists.unfollow(ref),
  'playlists.isFollowedBy': (c) => c.playlists.isFollowedBy(ref),
  search: (c) => c.search('x', ['track']),
  'shows.get': (c) => c.shows.get(ref),
  'shows.getMany': (c) => c.shows.getMany([ref]),
  'shows.episodes': (c) => c.shows.episodes(ref).page(),
  'tracks.get': (c) => c.tracks.get(ref),
  'tracks.getMany': (c) => c.tracks.getMany([ref]),
  'tracks.audioFeatures': async (c) => {
    await c.tracks.audioFeatures(ref).catch(() => {})
    await c.tracks.audioFeatures([ref])
  },
  'tracks.audioAnalysis': (c) => c.tracks.audioAnalysis(ref),
  'users.get': (c) => c.users.get('someone'),
}

describe('the methods of a client', () => {
  it('are all here, and each is named by the operations it sends', () => {
    const { client } = scriptedClient(() => json({}))
    const methods = Object.entries(client).flatMap(([group, value]) =>
      typeof value === 'function' ? [group] : Object.keys(value).map((method) => `${group}.${method}`),
    )
    const free = new Set(['operation', 'request'])
    expect(methods.filter((method) => !free.has(method)).sort()).toEqual(Object.keys(calls).sort())
    expect([...new Set(all.flatMap(([, { by }]) => by))].sort()).toEqual(Object.keys(calls).sort())
  })

  it.each(Object.keys(calls))('%s sends what the data says, in both application modes', async (method) => {
    const sent = new Set<string>()
    for (const appMode of ['development', 'extended'] as const) {
      const { client, seen } = scriptedClient(({ method }) => json(method === 'GET' ? {} : { snapshot_id: 'v' }), {
        appMode,
      })
      await Promise.resolve(calls[method]?.(client)).catch(() => {})
      for (const { method, path } of seen) {
        const template = (data: OperationData) => new RegExp(`^${data.path.replace(/\{\w+\}/g, '[^/]+')}$`)
        const exact = all.find(([, data]) => data.method === method && data.path === path)
        const found = exact ?? all.find(([, data]) => data.method === method && template(data).test(path))
        sent.add(found?.[0] ?? `${method} ${path}`)
      }
    }
    expect([...sent].sort()).toEqual(
      all
        .filter(([, { by }]) => by.includes(method))
        .map(([id]) => id)
        .sort(),
    )
  })
})
