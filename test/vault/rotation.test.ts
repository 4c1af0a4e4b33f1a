import { describe, expect, test } from 'vitest'
import { randomBytes } from '../../src/internal/bytes.ts'
import { createVault, type Kms, localKms } from '../../src/vault/index.ts'
import { madeUnderMark, movedMark, readHeader } from './support/decoder.ts'
import { gate, scriptedKms } from './support/scripted-kms.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'refresh' }
const day = 86_400_000

function rotated() {
  const old = scriptedKms('old')
  const kms = scriptedKms('new')
  const before = createVault({ kms: old })
  const vault = createVault({ kms, retired: [old] })
  return { old, kms, before, vault }
}

describe('rotation of the key-encryption key', () => {
  test('tokens of a retired key open; it never wraps', async () => {
    const { old, before, vault } = rotated()
    const token = await before.seal('a token', binding)
    expect(await vault.open(token, binding)).toBe('a token')
    await vault.seal('another', binding)
    await vault.rewrap(token)
    expect(old.calls).toEqual(['wrap', 'unwrap', 'unwrap'])
  })

  test('without the retired key its tokens are VAULT_KEY_UNKNOWN, and no KMS is called', async () => {
    const { kms, before } = rotated()
    const token = await before.seal('a token', binding)
    const vault = createVault({ kms })
    await expect(vault.open(token, binding)).rejects.toMatchObject({ code: 'VAULT_KEY_UNKNOWN', retryable: false })
    await expect(vault.rewrap(token)).rejects.toMatchObject({ code: 'VAULT_KEY_UNKNOWN' })
    expect(kms.calls).toEqual([])
  })

  test('rewrap leaves data key id, nonce and ciphertext as they are, and the old key is not needed any more', async () => {
    const { kms, before, vault } = rotated()
    const token = await before.seal('a token', binding)
    const moved = await vault.rewrap(token)
    expect(moved).toEqual({ ...token, keyId: 'new', encryptedKey: expect.any(String) })
    expect(moved.encryptedKey).not.toBe(token.encryptedKey)
    expect(await createVault({ kms }).open(moved, binding)).toBe('a token')
  })

  test('a rewrapped token is bound as before', async () => {
    const { before, vault } = rotated()
    const moved = await vault.rewrap(await before.seal('a token', binding))
    const code = 'VAULT_DECRYPT_FAILED'
    await expect(vault.open(moved, { ...binding, ownerId: 'user-2' })).rejects.toMatchObject({ code })
    await expect(vault.open(moved, { ...binding, field: 'access' })).rejects.toMatchObject({ code })
  })

  test('many rewraps of one wrapped key are one call of each KMS, at once or one after another', async () => {
    const { old, kms, before, vault } = rotated()
    const tokens = await Promise.all(Array.from({ length: 100 }, () => before.seal('a token', binding)))
    const held = gate()
    old.before = () => held.opened
    const moving = tokens.map((token) => vault.rewrap(token))
    held.open()
    const moved = await Promise.all(moving)
    moved.push(await vault.rewrap(tokens[0]!))
    expect(new Set(moved.map(({ encryptedKey }) => encryptedKey)).size).toBe(1)
    expect([old.calls, kms.calls]).toEqual([['wrap', 'unwrap'], ['wrap']])
  })

  test('a rewrapped token whose data key was opened already needs no further call', async () => {
    const { old, kms, before, vault } = rotated()
    const token = await before.seal('a token', binding)
    await vault.open(token, binding)
    expect(await vault.open(await vault.rewrap(token), binding)).toBe('a token')
    expect([old.calls, kms.calls]).toEqual([['wrap', 'unwrap', 'unwrap'], ['wrap']])
  })

  test('a KMS that can rewrap inside its service does so, and the data key does not leave it', async () => {
    const { kms } = rotated()
    const inside: Kms = {
      ...kms,
      rewrapKey: async (wrapped) => {
        kms.calls.push('rewrap')
        const key = await kms.unwrapKey(wrapped)
        return await kms.wrapKey(key)
      },
    }
    const vault = createVault({ kms: inside })
    const token = await vault.seal('a token', binding)
    kms.calls.length = 0
    const moved = await vault.rewrap(token)
    expect(kms.calls[0]).toBe('rewrap')
    expect(moved.encryptedKey).not.toBe(token.encryptedKey)
    expect(await createVault({ kms }).open(moved, binding)).toBe('a token')
  })

  test('it gets another key’s wrapped keys only if it declares that it can rewrap them', async () => {
    const { old, kms, before } = rotated()
    const sources: (Kms | undefined)[] = []
    const service = (can: boolean, isMoved?: Kms['isMoved']): Kms => ({
      ...kms,
      canRewrapFrom: (source) => can && source === old,
      ...(isMoved === undefined ? {} : { isMoved }),
      rewrapKey: async (wrapped, options) => {
        sources.push(options?.source)
        return await kms.wrapKey(await old.unwrapKey(wrapped))
      },
    })
    const token = await before.seal('a token', binding)
    for (const inside of [service(true), service(false), service(false, () => true), service(true, () => true)]) {
      const vault = createVault({ kms: inside, retired: [old] })
      expect(await vault.open(await vault.rewrap(token), binding)).toBe('a token')
    }
    expect(sources).toEqual([old])
  })

  test('a service that does not mark what it rewraps is not believed: the key is moved in this process', async () => {
    const { old, kms, before } = rotated()
    const inside: Kms = {
      ...kms,
      canRewrapFrom: () => true,
      isMoved: () => false,
      rewrapKey: async (wrapped) => await kms.wrapKey(await old.unwrapKey(wrapped)),
    }
    const vault = createVault({ kms: inside, retired: [old] })
    const moved = await vault.rewrap(await before.seal('a token', binding))
    expect(readHeader(Buffer.from(await kms.unwrapKey(Buffer.from(moved.encryptedKey, 'base64url')))).mark).toEqual(
      movedMark,
    )
  })

  test('a key that a service has moved stays moved when it is rewrapped outside, or inside without its sign', async () => {
    const { old, kms, before } = rotated()
    const signed = (sign: number, bytes: Uint8Array) => Uint8Array.of(sign, ...bytes)
    const service: Kms = {
      keyId: 'new',
      wrapKey: async (bytes) => signed(0, await kms.wrapKey(bytes)),
      unwrapKey: (bytes) => kms.unwrapKey(bytes.slice(1)),
      isMoved: (bytes) => bytes[0] === 1,
    }
    const token = await before.seal('a token', binding)
    const header = await old.unwrapKey(Buffer.from(token.encryptedKey, 'base64url'))
    header.set(madeUnderMark('new'), 40)
    const moved = signed(1, await kms.wrapKey(header))
    const record = { ...token, keyId: 'new', encryptedKey: Buffer.from(moved).toString('base64url') }
    const unsigned: Kms = { ...service, rewrapKey: async (bytes) => signed(0, bytes.slice(1)) }
    for (const current of [service, unsigned]) {
      const vault = createVault({ kms: current })
      const again = await vault.rewrap(record)
      expect(await vault.open(again, binding)).toBe('a token')
      expect((await vault.seal('another', binding)).dataKeyId).not.toBe(token.dataKeyId)
    }
  })

  test('a service is not asked whether a wrapped key of another KMS is moved', async () => {
    const { old, kms, before } = rotated()
    const own: Kms = {
      ...kms,
      isMoved(bytes) {
        throw new Error(`not mine: ${bytes.length} bytes`)
      },
    }
    const vault = createVault({ kms: own, retired: [old] })
    expect(await vault.open(await before.seal('a token', binding), binding)).toBe('a token')
  })

  test('an abort ends the wait for a rewrap', async () => {
    const { old, before, vault } = rotated()
    const token = await before.seal('a token', binding)
    const held = gate()
    old.before = () => held.opened
    const controller = new AbortController()
    const leaving = vault.rewrap(token, { signal: controller.signal })
    const staying = vault.rewrap(token)
    controller.abort(new Error('gone'))
    await expect(leaving).rejects.toThrow('gone')
    held.open()
    expect((await staying).keyId).toBe('new')
  })
})

describe('isStale', () => {
  test('a fresh token is not stale; one under another key, or with an over-age data key, is', async () => {
    let at = Date.UTC(2026, 10, 1)
    const now = () => at
    const old = localKms({ keyId: 'old', key: randomBytes(32) })
    const vault = createVault({ kms: localKms({ keyId: 'new', key: randomBytes(32) }), retired: [old], now })
    const fresh = await vault.seal('a token', binding)
    const foreign = await createVault({ kms: old, now }).seal('a token', binding)
    expect([fresh, foreign, await vault.rewrap(foreign)].map((token) => vault.isStale(token))).toEqual([
      false,
      true,
      false,
    ])
    at += 30 * day - 1
    expect(vault.isStale(fresh)).toBe(false)
    at += 1
    expect(vault.isStale(fresh)).toBe(true)
  })
})
