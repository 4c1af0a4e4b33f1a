import { setupServer } from 'msw/node'
import { createSpotify } from 'stagedoor/spotify'
import { createFakeSpotify } from 'stagedoor/testing'
import { spotifyHandlers } from 'stagedoor/testing/msw'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { saveNew } from './library.ts'

const fake = createFakeSpotify()
const network = setupServer(...spotifyHandlers(fake))
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => fake.reset())
afterAll(() => network.close())

test('a track is saved once', async () => {
  const { accessToken } = fake.issue({ user: 'cleo' })
  const spotify = createSpotify().as(async () => accessToken)
  const found = await spotify.search('lantern', 'track')
  const uris = found.tracks.items.flatMap((track) => (track === null ? [] : [track.uri]))

  expect(await saveNew(spotify, uris)).toEqual(uris)
  expect(await saveNew(spotify, uris)).toEqual([])
  fake.requests.expect({ method: 'PUT', path: '/me/library' }, 1)
})
