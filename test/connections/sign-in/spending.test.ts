import { describe, expect, it } from 'vitest'
import { VaultError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { createVault } from '../../../src/vault/vault.ts'
import { cookieHeader, createWorld, tokenRequests } from '../support/world.ts'

describe('the code of a sign-in', () => {
  it('is not spent while tokens cannot be sealed, and the same callback works afterwards', async () => {
    let denied = true
    const copy = async (key: Uint8Array): Promise<Uint8Array> => new Uint8Array(key)
    const wrapKey = async (key: Uint8Array): Promise<Uint8Array> => {
      if (denied) throw new VaultError('VAULT_KMS_DENIED', 'Denied.')
      return copy(key)
    }
    const world = createWorld({ vault: createVault({ kms: { keyId: 'k', wrapKey, unwrapKey: copy } }) })
    const { url, setCookies } = await world.connections.begin({ ownerId: 'ann' })
    const input = { ownerId: 'ann', url: await world.fake.approve(url), cookies: cookieHeader(setCookies) }
    await expect(world.connections.complete(input)).rejects.toMatchObject({ code: 'VAULT_KMS_DENIED' })
    expect(tokenRequests(world.fake, 'authorization_code')).toBe(0)
    denied = false
    expect((await world.connections.complete(input)).connection.status).toBe('connected')
  })

  it.each(['a\0', 'a\ud800', 'ä'.repeat(128)])(
    'is never requested by an owner that no store keeps: %j',
    async (ownerId) => {
      const world = createWorld()
      await expect(world.connections.begin({ ownerId })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    },
  )

  it('is not lost when the application closes while it is exchanged', async () => {
    let respond: () => void = () => {}
    const held = new Promise<void>((resolve) => {
      respond = resolve
    })
    let requested: () => void = () => {}
    const exchanging = new Promise<void>((resolve) => {
      requested = resolve
    })
    const store = memoryStore()
    const world = createWorld({ store })
    const slow = world.another({
      async fetch(input, init) {
        const response = await world.fake.fetch(input, init)
        if (new Request(input, init).url.endsWith('/api/token')) {
          requested()
          await held
        }
        return response
      },
    })
    const { url, setCookies } = await slow.begin({ ownerId: 'ann' })
    const completing = slow.complete({
      ownerId: 'ann',
      url: await world.fake.approve(url),
      cookies: cookieHeader(setCookies),
    })
    await exchanging
    const closing = slow.close()
    respond()
    await closing
    expect((await world.connections.get('ann'))?.status).toBe('connected')
    await store.close()
    expect((await completing).connection.ownerId).toBe('ann')
  })

  it('is not lost when a sign-in comes back after close: the store is still open', async () => {
    const world = createWorld()
    await world.connections.close()
    expect((await world.signIn('ann')).connection.status).toBe('connected')
  })
})
