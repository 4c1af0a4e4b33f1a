import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createSpotify, path, type SpotifyApiError, type StandardSchema } from '../../src/spotify/index.ts'
import { id, json, scriptedClient, track } from './support/scripted-client.ts'

describe('a free request', () => {
  it('takes a path, a query, a method and a body', async () => {
    const { client, seen } = scriptedClient(() => json({ ok: true }))
    expect(await client.request({ path: path`/users/${'a b'}/things`, query: { limit: 5, ids: ['x', 'y'] } })).toEqual({
      ok: true,
    })
    await client.request({ method: 'POST', path: '/me/things?x=1', query: { y: 2 }, body: { a: 1 } })
    expect(seen.map(({ method, url, body }) => [method, url.href, body])).toEqual([
      ['GET', 'https://api.spotify.com/v1/users/a%20b/things?limit=5&ids=x%2Cy', undefined],
      ['POST', 'https://api.spotify.com/v1/me/things?x=1&y=2', { a: 1 }],
    ])
  })

  it('is checked with the schema of any Standard Schema library', async () => {
    const { client } = scriptedClient(() => json({ id: 'me', extra: 1 }))
    const me: { id: string } = await client.request({ path: '/me', schema: z.object({ id: z.string() }) })
    expect(me).toEqual({ id: 'me' })
    const error = await client.request({ path: '/me', schema: z.object({ id: z.number() }) }).catch((error) => error)
    expect(error).toMatchObject({ code: 'API_BAD_RESPONSE', request: { method: 'GET', path: '/me' } })
    const later: StandardSchema<string> = {
      '~standard': { version: 1, vendor: 'own', validate: async () => ({ value: 'checked' }) },
    }
    expect(await client.request({ path: '/me', schema: later })).toBe('checked')
  })

  it('returns undefined for an empty response, and throws an error for one that is not JSON', async () => {
    expect(
      await scriptedClient(() => new Response(null, { status: 204 })).client.request({ path: '/me' }),
    ).toBeUndefined()
    await expect(scriptedClient(() => new Response('<html>')).client.request({ path: '/me' })).rejects.toMatchObject({
      code: 'API_BAD_RESPONSE',
    })
  })

  it('follows a link of the API, and sends the token nowhere else', async () => {
    const { client, seen } = scriptedClient(() => json({}))
    await client.request({ path: 'https://api.spotify.com/v1/me/tracks?offset=50' })
    expect(seen[0]?.url.href).toBe('https://api.spotify.com/v1/me/tracks?offset=50')
    for (const path of [
      'https://evil.example/v1/me',
      'http://api.spotify.com/v1/me',
      'https://user:pw@api.spotify.com/v1/me',
      'https://api.spotify.com/other',
      '//evil.example/v1/me',
      '/../../etc',
      '/me/%2e%2e/x',
      'me',
      '@evil.example/',
      '',
    ]) {
      await expect(client.request({ path }), path).rejects.toBeInstanceOf(TypeError)
    }
    expect(seen).toHaveLength(1)
  })

  it('is named in errors without ids, names and query', async () => {
    const { client } = scriptedClient(() => new Response('', { status: 403 }))
    const error = await client
      .request({ path: '/users/somebody/playlists?x=secret' })
      .catch((error: SpotifyApiError) => error)
    expect((error as SpotifyApiError).request).toEqual({ method: 'GET', path: '/users/{id}/playlists' })
  })

  it('is repeated only if it reads', async () => {
    const { client, seen } = scriptedClient(() => new Response('', { status: 502 }), { retries: 1 })
    await client.request({ path: '/me' }).catch(() => {})
    await client.request({ method: 'PUT', path: '/me' }).catch(() => {})
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT'])
  })
})

describe('the options of a client', () => {
  it('are checked', () => {
    const refused = (options: object) => {
      try {
        createSpotify(options)
      } catch (error) {
        return (error as { code: string }).code
      }
      return undefined
    }
    expect(refused({ appMode: 'production' })).toBe('CONFIG_INVALID')
    expect(refused({ invalidItems: 'ignore' })).toBe('CONFIG_INVALID')
    expect(refused({ timeout: 0 })).toBe('CONFIG_INVALID')
    expect(refused({ retries: -1 })).toBe('CONFIG_INVALID')
    expect(refused({ retries: Number.NaN })).toBe('CONFIG_INVALID')
    expect(refused({ endpoints: { api: 'http://api.example/v1' } })).toBe('CONFIG_ENDPOINT')
    expect(refused({ endpoints: { api: 'http://127.0.0.1.evil.com/v1' } })).toBe('CONFIG_ENDPOINT')
    expect(refused({ endpoints: { api: 'not a url' } })).toBe('CONFIG_ENDPOINT')
    for (const host of ['127.0.0.1:8080', '127.0.0.2', '[::1]', 'localhost:8080']) {
      expect(refused({ endpoints: { api: `http://${host}/v1/` } })).toBeUndefined()
    }
    expect(
      refused({ endpoints: undefined, appMode: undefined, limiter: undefined, timeout: undefined }),
    ).toBeUndefined()
  })
})

describe('the schemas', () => {
  it('are loaded again by the next call where they could not be loaded once', async () => {
    const file = '../../src/spotify/schemas/read.ts'
    vi.resetModules()
    vi.doMock(file, () => {
      throw new Error('Too many open files.')
    })
    const { scriptedClient: fresh } = await import('./support/scripted-client.ts')
    const { client } = fresh(() => json(track(1)))
    await expect(client.tracks.get(id)).rejects.toThrow()
    vi.doUnmock(file)
    expect((await client.tracks.get(id)).id).toBe('track1')
  })
})
