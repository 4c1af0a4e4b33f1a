import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import type { Kind } from '../../../src/spotify/schemas/kinds.ts'
import { normalize } from '../../../src/spotify/schemas/normalize.ts'
import { issuesOf } from '../../../src/spotify/schemas/object.ts'
import { schemas } from '../../../src/spotify/schemas/schemas.ts'
import { fixture } from '../../fixtures/fixtures.ts'
import { savedTrack, track } from '../support/scripted-client.ts'

const episode = {
  type: 'episode',
  id: 'e',
  name: null,
  uri: 'spotify:episode:e',
  languages: ['en', null],
  resume_point: { fully_played: true },
}
const audiobook = { type: 'audiobook', id: 'a', name: 'A', uri: 'spotify:show:a', authors: [{ name: 'X' }] }
const samples: Partial<Record<Kind, unknown>> = {
  track: track(1),
  savedTrack: savedTrack(1),
  episode,
  album: {
    id: 'a',
    name: 'A',
    images: [{ url: 'u', height: null, width: 1.5 }],
    tracks: { items: [track(1)], next: null },
  },
  artist: {
    type: 'artist',
    id: 'a',
    name: 'A',
    uri: 'u',
    genres: ['x'],
    popularity: 12.5,
    followers: { total: 1, href: null },
  },
  audiobook: { ...audiobook, chapters: { items: [{ type: 'chapter', id: null, name: null, uri: null }] } },
  chapter: { type: 'episode', id: 'c', name: 'C', uri: 'u', audiobook },
  playlist: {
    id: 'p',
    name: 'P',
    owner: { id: '' },
    items: { items: [{ item: track(1) }, { item: episode }, { item: null }] },
  },
  simplifiedPlaylist: { id: 'p', name: 'P', images: null, items: { total: 1 } },
  playbackState: {
    device: { name: 'D', id: null },
    item: { ...episode, type: 'chapter' },
    actions: { disallows: { pausing: true } },
  },
  queue: { currently_playing: null, queue: [track(1), episode] },
  privateUser: { id: 'u', explicit_content: { filter_enabled: true }, images: [] },
  audioAnalysis: { meta: { any: 1 }, segments: [{ start: 0, pitches: [0, 1] }], bars: [{ confidence: 1 }] },
}

/** A copy of a value with another value at one path. */
function mutated(value: unknown, route: readonly number[], to: unknown): unknown {
  const [step, ...rest] = route
  if (step === undefined || typeof value !== 'object' || value === null) return to
  const keys = Object.keys(value)
  const key = keys[step % (keys.length + 1)] ?? 'unknown'
  const inner = (value as Record<string, unknown>)[key]
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
  copy[key] = mutated(inner, rest, to)
  return copy
}

describe('the quick check of a schema', () => {
  it.each(Object.entries(samples) as [Kind, unknown][])(
    'of %s has the same result as zod, whatever is changed',
    (kind, sample) => {
      const schema = schemas[kind]
      expect(issuesOf(schema, sample)).toEqual([])
      const route = fc.array(fc.nat(40), { minLength: 1, maxLength: 6 })
      const other = fc.oneof(
        fc.constantFrom(null, undefined, '', 0, true, [], {}, [null], ['x'], 'track', 'episode'),
        fc.jsonValue(),
      )
      fc.assert(
        fc.property(route, other, (route, other) => {
          const value = mutated(sample, route, other)
          expect(issuesOf(schema, value).length === 0).toBe(z.safeParse(schema as z.ZodMiniType, value).success)
        }),
        { numRuns: 400 },
      )
    },
  )
})

describe('what Spotify sent', () => {
  it('is never lost by bringing older and newer forms together', () => {
    const text = fixture('spotify/bodies/playlist_2.json')
    const before = JSON.parse(text) as Record<string, unknown>
    const after = normalize('playlist', JSON.parse(text)) as typeof before
    expect(after).toMatchObject(before)
    expect(after.items).toBe(after.tracks)
  })
})
