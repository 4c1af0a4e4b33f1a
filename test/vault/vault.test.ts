import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { fromBase64url, randomBytes } from '../../src/internal/bytes.ts'
import { createVault, type EncryptedToken, type Kms, localKms, type VaultOptions } from '../../src/vault/index.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }
const malformed = expect.objectContaining({ name: 'VaultError', code: 'VAULT_MALFORMED', retryable: false })
const refused = { name: 'VaultError', code: 'VAULT_DECRYPT_FAILED', retryable: false }
const local = (keyId = 'main') => localKms({ keyId, key: randomBytes(32) })
const unusableKms: Kms = {
  keyId: 'main',
  wrapKey: () => Promise.reject(new Error('the KMS was called')),
  unwrapKey: () => Promise.reject(new Error('the KMS was called')),
}

describe('seal and open', () => {
  test('what was sealed opens with the same binding, whatever the order of its entries', async () => {
    const vault = createVault({ kms: local() })
    const token = await vault.seal('a token', binding)
    const { field, ownerId, provider, clientId } = binding
    expect(await vault.open(token, { field, ownerId, provider, clientId })).toBe('a token')
  })

  test('a token has the six fields of the format, binary ones as base64url', async () => {
    const token = await createVault({ kms: local() }).seal('a token', binding)
    expect(token).toEqual({
      version: 1,
      keyId: 'main',
      dataKeyId: expect.stringMatching(/^[\w-]{43}$/),
      encryptedKey: expect.stringMatching(/^[\w-]+$/),
      nonce: expect.stringMatching(/^[\w-]{16}$/),
      encryptedData: expect.stringMatching(/^[\w-]+$/),
    })
    expect(fromBase64url(token.encryptedData)).toHaveLength('a token'.length + 16)
  })

  test('the data key id contains the time at which the key was created', async () => {
    const at = Date.UTC(2026, 10, 23, 12)
    const { dataKeyId } = await createVault({ kms: local(), now: () => at }).seal('a token', binding)
    const bytes = fromBase64url(dataKeyId)!
    expect(Number(new DataView(bytes.buffer).getBigUint64(24))).toBe(at)
  })

  test('what belongs to its data key costs a token at most 60 characters more than a bare key with a random id', async () => {
    const token = await createVault({ kms: local() }).seal('a token', binding)
    const fields = [token.dataKeyId, token.encryptedKey, token.nonce]
    // 32 + 82 + 16 would be the least that a random id and a bare data key need.
    expect(fields.map(({ length }) => length)).toEqual([43, 124, 16])
    expect(fields.join('').length - (32 + 82 + 16)).toBeLessThanOrEqual(60)
  })

  test('every nonce is new', async () => {
    const vault = createVault({ kms: local() })
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => vault.seal('same', binding)))
    expect(new Set(tokens.map(({ nonce }) => nonce)).size).toBe(1000)
    expect(new Set(tokens.map(({ dataKeyId }) => dataKeyId)).size).toBe(1)
  })

  test('a token survives JSON, as a database keeps it', async () => {
    const vault = createVault({ kms: local() })
    const token = JSON.parse(JSON.stringify(await vault.seal('a token', binding))) as EncryptedToken
    expect(await vault.open(token, binding)).toBe('a token')
  })

  test.each([
    ['application', { ...binding, clientId: 'another' }],
    ['provider', { ...binding, provider: 'another' }],
    ['owner', { ...binding, ownerId: 'user-2' }],
    ['field', { ...binding, field: 'refresh' }],
    ['set of entries', { ...binding, extra: '' }],
  ])('a token moved to another %s does not open', async (_, other) => {
    const vault = createVault({ kms: local() })
    const token = await vault.seal('a token', binding)
    await expect(vault.open(token, other)).rejects.toMatchObject(refused)
  })

  test('parts of one binding do not flow into one another', async () => {
    const vault = createVault({ kms: local() })
    const token = await vault.seal('a token', { a: 'bc', d: 'e' })
    for (const other of [
      { ab: 'c', d: 'e' },
      { a: 'bcd', e: '' },
      { a: 'b', cd: 'e' },
      { a: 'bc', de: '' },
      { abcde: '' },
    ])
      await expect(vault.open(token, other)).rejects.toMatchObject(refused)
  })

  test('plaintext in a store is never accepted as a token', async () => {
    const vault = createVault({ kms: unusableKms })
    const plain = ['BQDtoken', '{"version":1}', null, undefined, 1, {}, [], { version: 1 }, { access_token: 'BQD' }]
    for (const value of plain)
      await expect(vault.open(value as unknown as EncryptedToken, binding)).rejects.toEqual(malformed)
  })
})

describe('the format is strict, and checked before the KMS is called', () => {
  const sealed = createVault({ kms: local() }).seal('a token', binding)
  const vault = createVault({ kms: unusableKms })
  const broken: [string, (token: EncryptedToken) => object][] = [
    ['an unknown version', (token) => ({ ...token, version: 2 })],
    ['a version as text', (token) => ({ ...token, version: '1' })],
    ['an extra field', (token) => ({ ...token, note: '' })],
    ['an extra field in place of another', ({ nonce: _, ...token }) => ({ ...token, Nonce: 'AAAAAAAAAAAAAAAA' })],
    ['inherited fields', (token) => Object.create(token)],
    ['an empty keyId', (token) => ({ ...token, keyId: '' })],
    ['a keyId that is too long', (token) => ({ ...token, keyId: 'k'.repeat(1025) })],
    ['a keyId with a lone surrogate', (token) => ({ ...token, keyId: 'k\ud800' })],
    ['a short data key id', (token) => ({ ...token, dataKeyId: token.dataKeyId.slice(1) })],
    ['a data key id that is no base64url', (token) => ({ ...token, dataKeyId: `${token.dataKeyId.slice(1)}+` })],
    ['a creation time beyond all dates', (token) => ({ ...token, dataKeyId: `${'_'.repeat(42)}8` })],
    ['a data key id of 24 bytes', (token) => ({ ...token, dataKeyId: token.dataKeyId.slice(0, 32) })],
    ['no wrapped key', (token) => ({ ...token, encryptedKey: '' })],
    ['a wrapped key that is too long', (token) => ({ ...token, encryptedKey: 'A'.repeat(5464) })],
    ['a wrapped key with padding', (token) => ({ ...token, encryptedKey: 'AA==' })],
    ['a wrapped key that is not canonical', (token) => ({ ...token, encryptedKey: 'AB' })],
    ['a nonce of 11 bytes', (token) => ({ ...token, nonce: 'AAAAAAAAAAAAAAA' })],
    ['a nonce of 13 bytes', (token) => ({ ...token, nonce: 'AAAAAAAAAAAAAAAAAA' })],
    ['a nonce in base64', (token) => ({ ...token, nonce: 'AAAAAAAAAAAAAAA/' })],
    ['a ciphertext shorter than its tag', (token) => ({ ...token, encryptedData: 'A'.repeat(20) })],
    ['a ciphertext that is too long', (token) => ({ ...token, encryptedData: 'A'.repeat(90_000) })],
    ['a ciphertext that is not canonical', (token) => ({ ...token, encryptedData: `${'A'.repeat(22)}B` })],
    ['a ciphertext with a line break', (token) => ({ ...token, encryptedData: `${token.encryptedData}\n` })],
    ['bytes instead of text', (token) => ({ ...token, nonce: new Uint8Array(12) })],
  ]
  test.each(broken)('%s is VAULT_MALFORMED', async (_, change) => {
    const token = change(await sealed) as EncryptedToken
    await expect(vault.open(token, binding)).rejects.toEqual(malformed)
    await expect(vault.rewrap(token)).rejects.toEqual(malformed)
  })

  test.each(broken)('%s is stale, as every other format is', async (_, change) => {
    expect(vault.isStale(change(await sealed) as EncryptedToken)).toBe(true)
  })
})

describe('arguments', () => {
  const invalid = expect.objectContaining({ name: 'TypeError', code: 'INVALID_ARGUMENT' })

  test.each([
    ['no binding', undefined],
    ['an empty binding', {}],
    ['a value that is no string', { ownerId: 1 }],
    ['a value that is missing', { ownerId: undefined }],
    ['a lone surrogate', { ownerId: 'user-\ud800' }],
    ['a key with a space', { 'owner id': 'user-1' }],
    ['a value that is too long', { ownerId: 'u'.repeat(4097) }],
    ['too many entries', Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, '']))],
  ])('%s binds nothing', async (_, wrong) => {
    const vault = createVault({ kms: local() })
    const token = await vault.seal('a token', binding)
    await expect(vault.seal('a token', wrong as never)).rejects.toEqual(invalid)
    await expect(vault.open(token, wrong as never)).rejects.toEqual(invalid)
    const cold = createVault({ kms: unusableKms })
    await expect(cold.seal('a token', wrong as never)).rejects.toEqual(invalid)
    await expect(cold.open(token, wrong as never)).rejects.toEqual(invalid)
  })

  test.each([
    ['a number', 1],
    ['nothing', undefined],
    ['a lone surrogate', 'a\udc00'],
    ['more than 64 KiB', 'a'.repeat(65_537)],
    ['more than 64 KiB of UTF-8', 'é'.repeat(32_769)],
  ])('%s cannot be sealed', async (_, plaintext) => {
    await expect(createVault({ kms: unusableKms }).seal(plaintext as string, binding)).rejects.toEqual(invalid)
  })

  test('a signal that has fired ends a call with its own reason', async () => {
    const vault = createVault({ kms: local() })
    const token = await vault.seal('a token', binding)
    const reason = new Error('no longer needed')
    const options = { signal: AbortSignal.abort(reason) }
    await expect(vault.seal('a token', binding, options)).rejects.toBe(reason)
    await expect(vault.open(token, binding, options)).rejects.toBe(reason)
    await expect(vault.rewrap(token, options)).rejects.toBe(reason)
  })
})

describe('closed by default', () => {
  const missing = expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_MISSING' })
  const invalid = expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_INVALID' })

  test('no KMS, no start', () => {
    for (const options of [undefined, {}, { kms: undefined }, { kms: {} }, { kms: { keyId: 'main' } }])
      expect(() => createVault(options as unknown as VaultOptions)).toThrow(missing)
  })

  test('two keys of one name cannot be distinguished, so they are refused', () => {
    expect(() => createVault({ kms: local('a'), retired: [local('a')] })).toThrow(invalid)
    expect(() => createVault({ kms: local('a'), retired: [local('b'), local('b')] })).toThrow(invalid)
  })

  test.each([
    ['rotateAfter', { rotateAfter: 0 }],
    ['maxSeals', { maxSeals: Number.NaN }],
    ['cache.maxKeys', { cache: { maxKeys: -1 } }],
    ['cache.maxAge', { cache: { maxAge: Number.POSITIVE_INFINITY } }],
    ['timeout', { timeout: 0 }],
    ['notBefore', { notBefore: Number.NaN }],
    ['a notBefore in seconds', { notBefore: Math.floor(Date.now() / 1000) }],
    ['a notBefore to come', { notBefore: Date.now() + 3_600_000 }],
  ])('%s out of range is refused', (_, options) => {
    expect(() => createVault({ kms: local(), ...options })).toThrow(invalid)
  })
})

describe('what is shown', () => {
  test('inspecting or printing a vault or a KMS shows no key', async () => {
    const key = randomBytes(32)
    const kms = localKms({ keyId: 'main', key })
    const vault = createVault({ kms })
    await vault.seal('a token', binding)
    const shown = [vault, kms]
      .map((value) => inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value))
      .join()
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(shown).not.toContain(Buffer.from(key).toString(form))
  })

  test('the error of a failed open shows neither plaintext nor wrapped key, nor what was wrong', async () => {
    const vault = createVault({ kms: local() })
    const token = await vault.seal('BQD-the-token', binding)
    const { encryptedKey } = await createVault({ kms: local() }).seal('', binding)
    const wrong: [EncryptedToken, Record<string, string>][] = [
      [token, { ...binding, ownerId: 'user-2' }],
      [{ ...token, nonce: 'AAAAAAAAAAAAAAAA' }, binding],
      [{ ...token, encryptedKey }, binding],
    ]
    const errors = await Promise.all(wrong.map((call) => vault.open(...call).catch((error: unknown) => error)))
    expect(new Set(errors.map((error) => (error as Error).message)).size).toBe(1)
    for (const error of errors) {
      const shown = inspect(error, { depth: 9, showHidden: true })
      expect(shown).toContain('VAULT_DECRYPT_FAILED')
      for (const secret of ['BQD', token.encryptedKey, token.encryptedData, 'user-2'])
        expect(shown).not.toContain(secret)
    }
  })
})
