import { createSpotify } from 'stagedoor/spotify'
import { createFakeSpotify } from 'stagedoor/testing'
import { expect, test } from 'vitest'

const fake = createFakeSpotify({
  users: [
    { id: 'collector', library: { tracks: 5000, playlists: 40 } },
    { id: 'stranger', allowlisted: false },
  ],
  catalogue: { tracks: 20_000 },
  limits: { requests: 90, quota: { search: 100 } },
  rotation: 'always',
})

function clientOf(user: string) {
  const { accessToken } = fake.issue({ user, scopes: ['user-library-read'] })
  return createSpotify({ fetch: fake.fetch }).as(async () => accessToken)
}

test('a large library is read to its end', async () => {
  const spotify = clientOf('collector')
  const { total } = await spotify.library.tracks({ limit: 1 }).page()
  expect(total).toBe(5000)
})

test('a user who is not on the list of the application is refused', async () => {
  await expect(clientOf('stranger').me.get()).rejects.toMatchObject({ code: 'API_USER_NOT_ALLOWED' })
})

test('a missing scope is named', async () => {
  await expect(clientOf('collector').me.topTracks().page()).rejects.toMatchObject({ code: 'API_MISSING_SCOPE' })
})
