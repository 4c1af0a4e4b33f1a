import { describe, expect, it, vi } from 'vitest'
import { createSpotify, operations, scopesFor } from '../../src/spotify/index.ts'
import { id, json, scriptedClient } from './support/scripted-client.ts'

const uri = `spotify:track:${id}`

describe('the scopes of operations', () => {
  it('are returned for methods and operations, each once', () => {
    expect(scopesFor('library.tracks')).toEqual(['user-library-read'])
    expect(scopesFor('player.play', 'player.pause', 'me.topTracks')).toEqual([
      'user-modify-playback-state',
      'user-top-read',
    ])
    expect(scopesFor('playlists.addItems')).toEqual(['playlist-modify-private', 'playlist-modify-public'])
    expect(scopesFor('save-tracks-user')).toEqual(['user-library-modify'])
    expect(scopesFor('albums.get', 'search')).toEqual([])
    expect(scopesFor()).toEqual([])
    expect(createSpotify().scopesFor('me.topArtists')).toEqual(['user-top-read'])
  })

  it('are those that the method needs of an operation that does several things', () => {
    expect(scopesFor('following.follow')).toEqual(['user-follow-modify'])
    expect(scopesFor('following.contains')).toEqual(['user-follow-read'])
    expect(scopesFor('playlists.follow')).toEqual(['playlist-modify-public'])
    expect(scopesFor('library.save')).toEqual(['playlist-modify-public', 'user-follow-modify', 'user-library-modify'])
  })

  it('are returned for every operation', () => {
    for (const id of Object.keys(operations)) expect(() => scopesFor(id as keyof typeof operations)).not.toThrow()
    expect(() => scopesFor('library.steal' as 'library.save')).toThrow(TypeError)
  })
})

describe('a missing scope', () => {
  it('is known before the request when the scopes of the connection are', async () => {
    const { client, seen } = scriptedClient(() => json({}), { scopes: ['user-top-read'] })
    const error = await client.library
      .tracks()
      .page()
      .catch((error) => error)
    expect(error).toMatchObject({
      code: 'API_MISSING_SCOPE',
      scopes: ['user-library-read'],
      request: { method: 'GET', path: '/me/tracks' },
    })
    expect(error.status).toBeUndefined()
    expect(error.action).toContain('The connection lacks user-library-read')
    expect(seen).toHaveLength(0)
  })

  it('depends on what is saved', async () => {
    const { client, seen } = scriptedClient(() => new Response(''), { scopes: ['user-library-modify'] })
    await client.library.save([uri])
    await expect(client.library.save([uri, 'spotify:artist:a'])).rejects.toMatchObject({
      scopes: ['user-follow-modify', 'user-library-modify'].reverse(),
    })
    await expect(client.following.follow(['a'])).rejects.toMatchObject({
      code: 'API_MISSING_SCOPE',
      scopes: ['user-follow-modify'],
    })
    expect(seen).toHaveLength(1)
  })

  it('is not one when another of two is there, or when it only adds fields', async () => {
    const { client, seen } = scriptedClient(() => json({ snapshot_id: 'v', id: 'x', name: 'x' }), {
      scopes: ['playlist-modify-private'],
    })
    await client.playlists.addItems(id, [uri])
    await client.me.get()
    await client.playlists.get(id)
    expect(seen).toHaveLength(3)
    await expect(
      scriptedClient(() => json({}), { scopes: [] }).client.playlists.addItems(id, [uri]),
    ).rejects.toMatchObject({
      code: 'API_MISSING_SCOPE',
      scopes: ['playlist-modify-public', 'playlist-modify-private'],
    })
  })

  it('is left to Spotify when the scopes are not known', async () => {
    const { spotify, seen } = scriptedClient(() => json({ items: [] }))
    await spotify
      .as(async () => 'token', { scopes: async () => undefined })
      .library.tracks()
      .page()
    expect(seen).toHaveLength(1)
  })

  it('is found with a function that returns the scopes, called only where they matter', async () => {
    const { spotify } = scriptedClient(() => json({ items: [], id: 'x', name: 'x' }))
    const scopes = vi.fn(async () => ['user-top-read'])
    const client = spotify.as(async () => 'token', { scopes })
    await client.playlists.get(id)
    expect(scopes).not.toHaveBeenCalled()
    await client.me.topArtists().page()
    await expect(client.library.albums().page()).rejects.toMatchObject({ code: 'API_MISSING_SCOPE' })
    expect(scopes).toHaveBeenCalledTimes(2)
  })
})
