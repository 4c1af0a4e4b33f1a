import { describe, expect, it } from 'vitest'
import { createFakeSpotify, type FakeAppMode } from '../../../src/testing/index.ts'
import { operations } from '../../../src/testing/web-api/operations.ts'
import { callerOf } from '../support/caller.ts'
import { ApiDescription } from '../support/description.ts'
import { type Sample, samplesFor } from '../support/samples.ts'

type Json = Record<string, unknown>

/** Members that development mode lost in February 2026 although the description requires them. */
const lost: Readonly<Record<string, Json>> = {
  album: { available_markets: [], album_group: 'album' },
  'album.full': { label: '', popularity: 0 },
  show: { available_markets: [], publisher: '' },
  audiobook: { available_markets: [], publisher: '' },
}

/**
 * Removes the known differences of real responses from the description, so that all the rest can be held to it:
 * local files, rows and contexts that are null, chapters that call themselves so.
 */
function described(value: unknown, differences: Set<string>, mode: FakeAppMode): unknown {
  if (Array.isArray(value)) {
    if (value.includes(null)) differences.add('a list has holes')
    return value.map((item) => described(item ?? undefined, differences, mode)).filter((item) => item !== undefined)
  }
  if (typeof value !== 'object' || value === null) return value
  const object = { ...(value as Json) }
  const note = (difference: string): void => void differences.add(difference)
  if (object.is_local === true && object.type === 'track') return note('local file')
  if (object.type === 'chapter') {
    note('a chapter says chapter')
    object.type = 'episode'
  }
  for (const name of ['item', 'track', 'added_at', 'added_by', 'context'] as const) {
    if (object[name] === null) {
      note(`${name} is null`)
      delete object[name]
    }
  }
  if (mode === 'development' && typeof object.type === 'string' && 'uri' in object && 'name' in object) {
    const full = 'copyrights' in object ? lost[`${object.type}.full`] : undefined
    for (const [name, filler] of Object.entries({ ...lost[object.type], ...full })) {
      if (name in object) note(`${object.type} still has ${name}`)
      object[name] = filler
    }
  }
  for (const [name, member] of Object.entries(object)) {
    const inner = described(member, differences, mode)
    if (inner === undefined) delete object[name]
    else object[name] = inner
  }
  return object
}

async function everyResponse(appMode: FakeAppMode) {
  const fake = createFakeSpotify({ appMode, clock: Date.UTC(2026, 9, 1) })
  const call = callerOf(fake)
  const replies: { sample: Sample; status: number; text: string; body: unknown }[] = []
  for (const sample of samplesFor(fake, 'ada')) {
    const { status, text, body } = await call(sample.route, sample.call)
    replies.push({ sample, status, text, body: text === '' ? undefined : body })
  }
  return replies
}

describe('responses against the OpenAPI description', () => {
  it('has exactly the operations that are described', () => {
    const key = ({ id, method, path }: { id: string; method: string; path: string }): string =>
      `${method} ${path} ${id}`
    expect(operations.map(key).sort()).toEqual(new ApiDescription().operations.map(key).sort())
  })

  it('match the description for all 97 operations of an application that kept them', async () => {
    const api = new ApiDescription()
    const differences = new Set<string>()
    const problems: string[] = []
    for (const { sample, status, body } of await everyResponse('extended-2024')) {
      if (!api.statuses(sample.id).includes(`${status}`)) problems.push(`${sample.id} returned ${status}`)
      const found = api.problems(sample.id, status, described(body, differences, 'extended-2024'))
      problems.push(...found.map((text) => `${sample.id} ${status}: ${text}`))
    }
    expect(problems).toEqual([])
    expect([...differences].sort()).toEqual([
      'a chapter says chapter',
      'added_at is null',
      'added_by is null',
      'context is null',
      'item is null',
      'local file',
      'track is null',
    ])
  })

  it('match the description for a new development application, except for removed fields', async () => {
    const api = new ApiDescription()
    const differences = new Set<string>()
    const problems: string[] = []
    const plain: string[] = []
    const refused: Record<string, string[]> = {}
    for (const { sample, status, text, body } of await everyResponse('development')) {
      if (status >= 400) {
        const group = `${sample.availability} ${status}`
        refused[group] = [...(refused[group] ?? []), sample.id]
        expect(body, sample.id).toEqual({ error: { status, message: expect.any(String) } })
        continue
      }
      expect(sample.availability, sample.id).toBe('available')
      if (body === undefined && text !== '') {
        plain.push(sample.id)
        continue
      }
      const found = api.problems(sample.id, status, described(body, differences, 'development'))
      problems.push(...found.map((problem) => `${sample.id} ${status}: ${problem}`))
    }
    expect(problems).toEqual([])
    expect([...differences].filter((difference) => difference.includes('still has'))).toEqual([])
    expect(Object.fromEntries(Object.entries(refused).map(([group, ids]) => [group, ids.length]))).toEqual({
      'removed-2026 403': 38,
      'removed-2024 403': 6,
      'removed-2024 404': 2,
    })
    expect(plain.sort()).toEqual([
      'add-to-queue',
      'set-repeat-mode-on-users-playback',
      'toggle-shuffle-for-users-playback',
    ])
  })
})
