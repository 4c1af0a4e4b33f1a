import { expect, test, vi } from 'vitest'
import { createWorld, minute } from '../support/world.ts'

test('close begins no refresh while it waits for another, so that no rotated token comes too late to be written', async () => {
  const world = createWorld({ fakeOptions: { rotation: 'always' } })
  await world.connect('ada', 0)
  const { accessToken } = await world.connect('grace', 4 * minute)
  await world.connect('joan', 0)
  world.fake.fail({ path: '/api/token', delay: 1000 })
  const call = world.connections.accessToken('ada')
  await vi.waitFor(() => expect(world.tokenRequests()).toBe(1))
  const closing = world.connections.close()
  expect(await world.connections.accessToken('grace')).toBe(accessToken)
  await expect(world.connections.accessToken('joan')).rejects.toMatchObject({ code: 'CONNECTION_REFRESH_FAILED' })
  world.advance(1000)
  await expect(call).resolves.toBeTypeOf('string')
  await closing
  expect(world.tokenRequests()).toBe(1)
})

test('a sweep that goes on while the process closes writes nothing about what it cannot check any more', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  const before = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
  const monitor = world.connections.monitor()
  await world.connections.close()
  expect(await monitor.runOnce()).toMatchObject({ skipped: 1, failed: 0 })
  expect(await world.store.get({ provider: 'spotify', ownerId: 'ada' })).toEqual(before)
})
