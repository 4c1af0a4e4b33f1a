import { startFakeSpotify } from 'stagedoor/testing/server'
import { afterAll, expect, test } from 'vitest'
import { connect } from './connect.ts'
import { stagedoorForTests } from './stagedoor.ts'

const spotify = await startFakeSpotify()
const stagedoor = stagedoorForTests({ endpoints: spotify.endpoints })
afterAll(async () => {
  await stagedoor.close()
  await spotify.close()
})

test('a user connects, and their library is there', async () => {
  const connection = await connect(stagedoor, spotify.fake, 'user-1', { user: 'ada' })
  expect(connection).toMatchObject({ status: 'connected', accountName: 'Ada Quist' })
  const tracks = await stagedoor.client('user-1').library.tracks().toArray({ max: 60 })
  expect(tracks).toHaveLength(60)
})

test('a user who refuses sees that', async () => {
  await expect(connect(stagedoor, spotify.fake, 'user-2', { deny: true })).rejects.toMatchObject({
    code: 'LOGIN_DENIED',
  })
})

test('a user who leaves has to come back', async () => {
  await connect(stagedoor, spotify.fake, 'user-3', { user: 'cleo' })
  spotify.fake.revoke({ user: 'cleo', accessTokens: true })
  await expect(stagedoor.client('user-3').me.get()).rejects.toMatchObject({ code: 'CONNECTION_NEEDS_REAUTH' })
})
