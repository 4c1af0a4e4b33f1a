import { createFakeSpotify } from 'stagedoor/testing'
import { expect, test } from 'vitest'
import { connect } from './connect.ts'
import { stagedoorForTests } from './stagedoor.ts'

const day = 86_400_000

test('a connection ends six months after its authorization', async () => {
  const fake = createFakeSpotify({ clock: Date.UTC(2026, 0, 1) })
  const stagedoor = stagedoorForTests({ fetch: fake.fetch, now: fake.clock.now })
  await connect(stagedoor, fake, 'user-1')

  fake.clock.advance(170 * day)
  expect((await stagedoor.client('user-1').me.get()).id).toBe('ada')
  fake.requests.expect({ grantType: 'refresh_token', status: 200 }, 1)

  fake.clock.advance(12 * day)
  await expect(stagedoor.client('user-1').me.get()).rejects.toMatchObject({ code: 'CONNECTION_NEEDS_REAUTH' })
})
