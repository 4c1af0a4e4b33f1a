import { expect, test, vi } from 'vitest'
import { createVault, localKms } from '../../../src/vault/index.ts'
import { createWorld, minute, start, vaultKey } from '../support/world.ts'

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

test('after close a monitor reserves nothing and writes nothing about what it cannot check any more', async () => {
  const world = createWorld()
  await world.connect('ada', 0)
  const before = await world.store.get({ provider: 'spotify', ownerId: 'ada' })
  const monitor = world.connections.monitor()
  await world.connections.close()
  expect(await monitor.runOnce()).toMatchObject({ skipped: 0, failed: 0 })
  expect(await world.store.get({ provider: 'spotify', ownerId: 'ada' })).toEqual(before)
  expect(await world.another().monitor().runOnce()).toMatchObject({ refreshed: 1 })
})

test('a refresh whose keys come only when close has given up on it sends no refresh token', async () => {
  const vault = createVault({ kms: localKms({ keyId: 'test', key: vaultKey }), now: () => start })
  const [asked, keys] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow = {
    ...vault,
    async open(...input: Parameters<typeof vault.open>) {
      if (input[1].field === 'refresh') {
        asked.resolve()
        await keys.promise
      }
      return await vault.open(...input)
    },
  }
  const world = createWorld({ vault: slow, refresh: { timeout: 100, lease: 1_100 } })
  await world.connect('ada', 0)
  const call = world.connections.accessToken('ada').catch(({ code }) => code)
  await asked.promise
  await world.connections.close()
  keys.resolve()
  expect(await call).toBe('CONNECTION_REFRESH_FAILED')
  expect(world.tokenRequests()).toBe(0)
  expect(await world.store.get({ provider: 'spotify', ownerId: 'ada' })).not.toHaveProperty('lease')
})
