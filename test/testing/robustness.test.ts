import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFakeSpotify, type FakeAppMode } from '../../src/testing/index.ts'
import { callerOf, postToken } from './support/caller.ts'
import { samplesFor } from './support/samples.ts'

const words = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e9',
    'true',
    'null',
    '%',
    'spotify:track:',
    'spotify:local:%zz:::x',
    'a'.repeat(300),
    'items(',
    '😀',
  ),
  fc.string(),
)
const names = [
  'limit',
  'offset',
  'uris',
  'ids',
  'type',
  'market',
  'fields',
  'position',
  'state',
  'after',
  'before',
  'device_id',
  'q',
]

/** Checks that a response can be read as its content type. */
function check(reply: { status: number; text: string; headers: Headers; body?: unknown }, what: string): void {
  expect(reply.status, what).toBeGreaterThanOrEqual(200)
  expect(reply.status, what).not.toBe(505)
  if (reply.headers.get('content-type')?.startsWith('application/json'))
    expect(() => JSON.parse(reply.text), what).not.toThrow()
  if (reply.status >= 400 && reply.body !== undefined)
    expect(reply.body, what).toMatchObject({ error: { status: reply.status, message: expect.any(String) } })
}

describe('any request', () => {
  it.each<FakeAppMode>(['development', 'extended-2024'])(
    'gets a response of the Web API in mode %s',
    async (appMode) => {
      const fake = createFakeSpotify({ appMode, clock: Date.UTC(2026, 9, 1) })
      const call = callerOf(fake)
      const samples = samplesFor(fake, 'ada')
      const query = fc.dictionary(fc.constantFrom(...names), words, { maxKeys: 4 })
      const body = fc.option(
        fc.oneof(
          words,
          fc.json(),
          fc
            .record(
              {
                uris: fc.array(words),
                position: fc.anything(),
                range_start: fc.anything(),
                name: words,
                offset: fc.anything(),
              },
              { requiredKeys: [] },
            )
            .map((value) => {
              return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner))
            }),
          fc
            .array(fc.record({ uri: words }))
            .map((items) => JSON.stringify({ items, tracks: items, device_ids: ['x'] })),
          fc
            .record({ uris: fc.array(words) })
            .map(({ uris }) => JSON.stringify({ uris: [fake.uri('track', 1), ...uris] })),
        ),
        { nil: undefined },
      )
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...samples), query, body, async (sample, parameters, sent) => {
          const [path = '', usual = ''] = sample.route.split('?')
          const all = new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(usual)), ...parameters })
          const isGet = path.startsWith('GET')
          check(
            await call(`${path}?${all}`, isGet || sent === undefined ? {} : { body: sent }),
            `${path}?${all} ${sent}`,
          )
        }),
        { numRuns: 1500 },
      )
      // Everything can still be read after any write.
      for (const route of [
        '/me/player',
        '/me/player/queue',
        '/me/playlists',
        '/me/tracks',
        '/me/player/recently-played',
      ])
        expect((await call(`GET ${route}`)).status, route).toBeLessThan(300)
    },
  )

  it('gets a response of the token endpoint and the authorization page', async () => {
    const fake = createFakeSpotify()
    const field = fc.constantFrom(
      'grant_type',
      'code',
      'redirect_uri',
      'client_id',
      'client_secret',
      'code_verifier',
      'refresh_token',
    )
    const value = fc.oneof(words, fc.constantFrom('authorization_code', 'refresh_token', 'client_credentials', 'app'))
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(field, value),
        fc.option(fc.base64String(), { nil: undefined }),
        async (form, basic) => {
          const headers = basic === undefined ? undefined : { authorization: `Basic ${basic}` }
          const { status, body } = await postToken(fake, form, headers)
          if (status === 200) expect(body.token_type).toBe('Bearer')
          else expect({ status, body }).toMatchObject({ status: 400, body: { error: expect.any(String) } })
        },
      ),
      { numRuns: 400 },
    )
    const parameter = fc.constantFrom(
      'client_id',
      'redirect_uri',
      'response_type',
      'scope',
      'code_challenge',
      'code_challenge_method',
    )
    const given = fc.oneof(words, fc.constantFrom('code', 'S256', 'https://app.example.com/cb', 'streaming'))
    await fc.assert(
      fc.asyncProperty(fc.dictionary(parameter, given), async (query) => {
        const response = await fake.fetch(`https://accounts.spotify.com/authorize?${new URLSearchParams(query)}`)
        expect([200, 302, 400]).toContain(response.status)
      }),
      { numRuns: 400 },
    )
  })
})
