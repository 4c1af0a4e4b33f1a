import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { randomBytes } from '../../src/internal/bytes.ts'
import { createVault, localKms } from '../../src/vault/index.ts'
import { scriptedKms } from './support/scripted-kms.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }
const secret = 'BQD-a-token-that-must-not-stay'

/** Every buffer with plaintext or key bytes that crossed the border to Web Crypto, as the platform saw it. */
interface Crossing {
  readonly what: 'raw key' | 'plaintext in' | 'plaintext out'
  readonly bytes: Uint8Array
  readonly wasZero: boolean
}

describe('bytes in memory', () => {
  const crossings: Crossing[] = []
  const keys: CryptoKey[] = []
  const note = (what: Crossing['what'], source: BufferSource): void => {
    const bytes = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source)
    crossings.push({ what, bytes, wasZero: bytes.every((byte) => byte === 0) })
  }

  beforeEach(() => {
    const { subtle } = crypto
    const [importKey, encrypt, decrypt] = [subtle.importKey, subtle.encrypt, subtle.decrypt].map((method) =>
      method.bind(subtle),
    ) as [SubtleCrypto['importKey'], SubtleCrypto['encrypt'], SubtleCrypto['decrypt']]
    vi.spyOn(subtle, 'importKey').mockImplementation((async (...args: Parameters<SubtleCrypto['importKey']>) => {
      note('raw key', args[1] as unknown as BufferSource)
      const key = await importKey(...args)
      keys.push(key)
      return key
    }) as SubtleCrypto['importKey'])
    vi.spyOn(subtle, 'encrypt').mockImplementation((...args) => {
      note('plaintext in', args[2])
      return encrypt(...args)
    })
    vi.spyOn(subtle, 'decrypt').mockImplementation(async (...args) => {
      const plaintext = await decrypt(...args)
      note('plaintext out', plaintext)
      return plaintext
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    crossings.length = 0
    keys.length = 0
  })

  const expectZeroed = (expected: Partial<Record<Crossing['what'], number>>): void => {
    for (const [what, count] of Object.entries(expected))
      expect(crossings.filter((crossing) => crossing.what === what)).toHaveLength(count)
    for (const { what, bytes, wasZero } of crossings) {
      expect(wasZero, `${what} was seen before it was overwritten`).toBe(false)
      expect(
        bytes.every((byte) => byte === 0),
        `${what} is overwritten`,
      ).toBe(true)
    }
  }

  test('sealing and opening leave neither key nor plaintext bytes behind', async () => {
    const kms = localKms({ keyId: 'main', key: randomBytes(32) })
    const vault = createVault({ kms })
    const token = await vault.seal(secret, binding)
    expect(await vault.open(token, binding)).toBe(secret)
    // The local key, the data key to compute its id, the data key; what is wrapped and the token; the token.
    expectZeroed({ 'raw key': 3, 'plaintext in': 2, 'plaintext out': 1 })
  })

  test('nor does opening in a process that has to unwrap first', async () => {
    const kms = localKms({ keyId: 'main', key: randomBytes(32) })
    const token = await createVault({ kms }).seal(secret, binding)
    crossings.length = 0
    expect(await createVault({ kms }).open(token, binding)).toBe(secret)
    // The data key comes out of the local key's decryption, is copied and imported for its id and for use; then the token.
    expectZeroed({ 'raw key': 2, 'plaintext out': 2 })
  })

  test('nor does rewrapping', async () => {
    const old = localKms({ keyId: 'old', key: randomBytes(32) })
    const token = await createVault({ kms: old }).seal(secret, binding)
    crossings.length = 0
    await createVault({ kms: localKms({ keyId: 'new', key: randomBytes(32) }), retired: [old] }).rewrap(token)
    // The new local key, and the data key to check its id.
    expectZeroed({ 'raw key': 2, 'plaintext in': 1, 'plaintext out': 1 })
  })

  test('nor does a failure', async () => {
    const vault = createVault({ kms: localKms({ keyId: 'main', key: randomBytes(32) }) })
    await vault.seal(secret, binding)
    vi.mocked(crypto.subtle.encrypt).mockImplementationOnce((...args) => {
      note('plaintext in', args[2])
      return Promise.reject(new Error('no memory'))
    })
    await expect(vault.seal(secret, binding)).rejects.toThrow()
    await expect(vault.seal(secret, { ownerId: '\ud800' })).rejects.toThrow()
    expectZeroed({ 'plaintext in': 3 })
  })

  test('the bytes that an adapter got and gave are overwritten after the call', async () => {
    const seen: Uint8Array[] = []
    const inner = scriptedKms()
    inner.before = (operation, bytes) => void (operation === 'wrap' && seen.push(bytes))
    const kms = {
      ...inner,
      unwrapKey: async (wrapped: Uint8Array) => {
        const key = await inner.unwrapKey(wrapped)
        seen.push(key)
        return key
      },
    }
    const token = await createVault({ kms }).seal(secret, binding)
    await createVault({ kms }).open(token, binding)
    expect(seen).toHaveLength(2)
    for (const bytes of seen) expect(bytes).toEqual(new Uint8Array(64))
  })

  test('a data key of the wrong length is overwritten too', async () => {
    const given = randomBytes(33)
    const kms = { ...scriptedKms(), unwrapKey: async () => given }
    const token = await createVault({ kms: scriptedKms() }).seal(secret, binding)
    await expect(createVault({ kms }).open(token, binding)).rejects.toThrow()
    expect(given).toEqual(new Uint8Array(33))
  })

  test('keys are held as CryptoKeys that cannot be exported', async () => {
    const vault = createVault({ kms: localKms({ keyId: 'main', key: randomBytes(32) }) })
    await vault.seal(secret, binding)
    expect(keys).toHaveLength(3)
    for (const key of keys) {
      expect(key.extractable).toBe(false)
      await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow()
    }
  })
})
