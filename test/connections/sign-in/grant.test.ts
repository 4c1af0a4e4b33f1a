import { expect, test } from 'vitest'
import { grantEnd } from '../../../src/oauth/provider.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import { createWorld, hour, start } from '../support/world.ts'

const id = { provider: 'spotify', ownerId: 'ada' }

test('a new grant is stored with its application and its end, and is found by both', async () => {
  const world = createWorld()
  await world.signIn('ada')
  const end = grantEnd(spotifyProvider, start)
  expect(await world.store.get(id)).toMatchObject({ account: '', app: 'test-client', grantEndsAt: end })
  const find = async (filter: object) =>
    (await world.store.list({ provider: 'spotify', limit: 9, ...filter })).map(({ ownerId }) => ownerId)
  expect(await find({ app: 'test-client' })).toEqual(['ada'])
  expect(await find({ app: 'another' })).toEqual([])
  expect(await find({ grantEndsBefore: end })).toEqual([])
  expect(await find({ grantEndsBefore: end + 1 })).toEqual(['ada'])
  expect(await world.store.count({ provider: 'spotify', by: 'grantEndsOn' })).toEqual({ '2027-03-01': 1 })
})

test('a grant of a provider whose grants do not end has no end', async () => {
  const { grantMonths: _, ...provider } = spotifyProvider
  const world = createWorld({ provider })
  await world.connect('ada')
  expect(await world.store.get(id)).not.toHaveProperty('grantEndsAt')
  expect(await world.store.count({ provider: 'spotify', by: 'grantEndsOn' })).toEqual({ never: 1 })
})

test('the next check is the earliest time that the record holds', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  world.fake.fail({ path: '/api/token', status: 500 })
  await expect(world.connections.accessToken('ada')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED' })
  const record = await world.store.get(id)
  expect(record?.failure?.retryAt).toBeGreaterThan(world.now())
  expect(record?.nextCheckAt).toBe(Math.min(record?.checkAt ?? 0, record?.failure?.retryAt ?? 0))
  const warnAt = world.now() + 1
  await world.store.compareAndSet(id, record?.revision, { ...record!, revision: 'warned', warnAt, nextCheckAt: warnAt })
  world.advance(hour)
  await world.connections.accessToken('ada')
  expect((await world.store.get(id))?.nextCheckAt).toBe(warnAt)
})
