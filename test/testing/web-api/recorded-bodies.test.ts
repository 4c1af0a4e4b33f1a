import { describe, expect, it } from 'vitest'
import { createFakeSpotify } from '../../../src/testing/index.ts'
import { jsonFixture } from '../../fixtures/fixtures.ts'
import { type Call, callerOf } from '../support/caller.ts'
import { jsonType } from '../support/presence.ts'

/** Every place in a body, with the JSON types found there. Positions in lists are written `[]`. */
function places(value: unknown, path = '', found = new Map<string, Set<string>>()): Map<string, Set<string>> {
  found.set(path, (found.get(path) ?? new Set()).add(jsonType(value)))
  if (Array.isArray(value)) for (const item of value) places(item, `${path}[]`, found)
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) places(member, `${path}.${name}`, found)
  return found
}

const users = [{ id: 'ada', displayName: 'Ada', country: 'AE' }]
const fake = createFakeSpotify({ appMode: 'extended-2024', clock: Date.UTC(2026, 9, 1), users })
const call = callerOf(fake)
const id = (kind: 'album' | 'artist' | 'audiobook' | 'chapter' | 'episode' | 'show' | 'track'): string =>
  fake.state.catalogue.id(kind, 1)
const ada = fake.state.users.get('ada')!
const [edgeCases = '', , ordinary = ''] = fake.state.library(ada)
const device = ada.player.devices[1]?.id
const playing = (context: string) => async (): Promise<unknown> => {
  await call(`PUT /me/player/play?device_id=${device}`, { body: { context_uri: context } })
  return (await call('GET /me/player?additional_types=track,episode')).body
}
const get = (route: string, options?: Call) => async (): Promise<unknown> => (await call(route, options)).body
const all = 'additional_types=track,episode'

const requests: Readonly<Record<string, () => Promise<unknown>>> = {
  album_tracks: get(`GET /albums/${id('album')}/tracks`),
  artist: get(`GET /artists/${id('artist')}`),
  artist_albums: get(`GET /artists/${id('artist')}/albums?limit=3`),
  audio_features: get(`GET /audio-features/${id('track')}`),
  audiobook: get(`GET /audiobooks/${id('audiobook')}`),
  audiobook_chapters: get(`GET /audiobooks/${id('audiobook')}/chapters`),
  chapter: get(`GET /chapters/${id('chapter')}`),
  current_user: get('GET /me'),
  current_user_playlist_1: get('GET /me/playlists?limit=5'),
  devices: get('GET /me/player/devices'),
  episode: get(`GET /episodes/${id('episode')}`),
  followed_artists: get('GET /me/following?type=artist&limit=5'),
  get_album: get(`GET /albums/${id('album')}`),
  library_contains: get(`GET /me/library/contains?uris=${fake.uri('track', 1)}`),
  new_playlist: get('POST /me/playlists', { body: { name: 'New' } }),
  playback_2: playing(fake.uri('album', 1)),
  playback_episode_1: playing(fake.uri('show', 1)),
  playlist_1: get(`GET /playlists/${ordinary}?${all}`),
  playlist_2: get(`GET /playlists/${edgeCases}?${all}`),
  playlist_cover_image: get(`GET /playlists/${ordinary}/images`),
  playlist_items: get(`GET /playlists/${ordinary}/items?${all}`),
  playlist_not_found: get(`GET /playlists/${'0'.repeat(22)}`),
  playlist_update_items: get(`POST /playlists/${ordinary}/items`, { body: { uris: [fake.uri('track', 2)] } }),
  recently_played_tracks: get('GET /me/player/recently-played?limit=5'),
  saved_albums: get('GET /me/albums?limit=5'),
  saved_audiobooks: get('GET /me/audiobooks'),
  saved_episodes: get('GET /me/episodes?limit=5'),
  saved_shows: get('GET /me/shows?limit=5'),
  saved_tracks: get('GET /me/tracks?limit=50'),
  search: get('GET /search?q=a&type=track'),
  show: get(`GET /shows/${id('show')}`),
  show_episodes: get(`GET /shows/${id('show')}/episodes`),
  top_artists: get('GET /me/top/artists?limit=5'),
  top_tracks: get('GET /me/top/tracks?limit=50&time_range=short_term'),
}

/** Fields that are null in some recordings only. */
const nullable =
  /\.(next|previous|preview_url|audio_preview_url|context|volume_percent|added_at|added_by|item|track|device\.id)$/

/** What depends on a moment of the player that the fake does not have. */
const absent = /^\.actions\.disallows\.toggling_repeat_track$/

describe('responses compared with recorded ones', () => {
  it.each(Object.keys(requests))('%s has the same fields', async (name) => {
    const recorded = places(jsonFixture(`spotify/bodies/${name}.json`))
    const ours = places(await requests[name]?.())
    const missing = [...recorded.keys()].filter((place) => !ours.has(place) && !absent.test(place))
    const other = [...ours].flatMap(([place, types]) => {
      const known = recorded.get(place)
      const free = nullable.test(place) && (types.has('null') || known?.has('null') === true)
      if (known === undefined || free) return []
      return [...types].filter((type) => !known.has(type)).map((type) => `${place}: ${type} for ${[...known]}`)
    })
    expect({ missing, other }).toEqual({ missing: [], other: [] })
  })
})
