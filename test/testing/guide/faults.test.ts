import { createSpotify } from 'stagedoor/spotify'
import { createFakeSpotify } from 'stagedoor/testing'
import { expect, test } from 'vitest'

function world() {
  const fake = createFakeSpotify()
  const { accessToken } = fake.issue()
  const spotify = createSpotify({ fetch: fake.fetch }).as(async () => accessToken)
  return { fake, spotify, uri: fake.uri('track', 500) }
}

test('a server error on a read is retried', async () => {
  const { fake, spotify } = world()
  fake.fail({ path: '/me', status: 502, body: 'html' })
  expect((await spotify.me.get()).id).toBe('ada')
  fake.requests.expect({ path: '/me' }, 2)
})

test('an exceeded quota fails at once with the time of its end', async () => {
  const { fake, spotify } = world()
  fake.fail({ path: '/v1/search', status: 429, reason: 'QUOTA_EXCEEDED', retryAfter: 50_000 })
  await expect(spotify.search('x', 'track')).rejects.toMatchObject({
    code: 'API_QUOTA_EXCEEDED',
    retryAt: expect.any(Number),
  })
})

test('a save whose response was lost has happened all the same', async () => {
  const { fake, spotify, uri } = world()
  fake.fail({ method: 'PUT', path: '/me/library', cut: 'after', times: 10 })
  await spotify.library.save([uri]).catch(() => {})
  expect(await spotify.library.contains([uri])).toEqual([true])
})

test('one request in five breaks off, and the list is complete nevertheless', async () => {
  const { fake, spotify } = world()
  fake.fail({ path: '/me/tracks', probability: 0.2, cut: 'middle' })
  expect(await spotify.library.tracks({ limit: 10 }).toArray()).toHaveLength(120)
})
