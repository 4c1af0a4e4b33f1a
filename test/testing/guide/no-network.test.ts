import { createSpotify } from 'stagedoor/spotify'
import { createFakeSpotify } from 'stagedoor/testing'
import { expect, test } from 'vitest'

test('the client reads a profile without any network', async () => {
  const fake = createFakeSpotify({ users: [{ id: 'nora', displayName: 'Nora', country: 'IE' }] })
  const { accessToken } = fake.issue()
  const spotify = createSpotify({ fetch: fake.fetch }).as(async () => accessToken)
  expect(await spotify.me.get()).toMatchObject({ display_name: 'Nora', country: 'IE' })
})
