import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VaultError } from '../../src/errors.ts'
import { randomBytes } from '../../src/internal/bytes.ts'
import { createAssociatedDataWriter } from '../../src/vault/associated-data.ts'
import { dataKeyCreatedAt, parseToken } from '../../src/vault/envelope.ts'
import { createVault, type EncryptedToken, localKms } from '../../src/vault/index.ts'
import { forgeToken, headerBytes, honestHeader } from './support/forger.ts'

const vault = createVault({ kms: localKms({ keyId: 'main', key: randomBytes(32) }) })
const fixed = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '\0', '\ufeff'),
)
const key = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/)
const binding = fc.dictionary(key, text, { minKeys: 1, maxKeys: 6, noNullPrototype: true })

const same = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

describe('properties', () => {
  test('seal then open is the identity for any text and binding', async () => {
    await fc.assert(
      fc.asyncProperty(text, binding, async (plaintext, bound) => {
        expect(await vault.open(await vault.seal(plaintext, bound), bound)).toBe(plaintext)
      }),
      { numRuns: 500 },
    )
  })

  test('also for long texts, up to 64 KiB of UTF-8', async () => {
    const unit = fc.constantFrom('a', 'é', '火', '🎹', '\0')
    const long = fc.tuple(unit, fc.integer({ min: 0, max: 65_536 })).map(([char, bytes]) => {
      return char.repeat(Math.floor(bytes / new TextEncoder().encode(char).length))
    })
    await fc.assert(
      fc.asyncProperty(long, async (plaintext) => {
        expect(await vault.open(await vault.seal(plaintext, fixed), fixed)).toBe(plaintext)
      }),
      { numRuns: 60 },
    )
    const largest = 'x'.repeat(65_536)
    expect(await vault.open(await vault.seal(largest, fixed), fixed)).toBe(largest)
  })

  test('two different bindings never give the same associated data', () => {
    const [write, again] = [createAssociatedDataWriter(), createAssociatedDataWriter()]
    const near = fc
      .tuple(binding, binding)
      .chain(([a, b]) => fc.constantFrom([a, b], [a, { ...a, ...b }], [{ ...b, ...a }, b]))
    fc.assert(
      fc.property(near, ([a = {}, b = {}]) => {
        const equal = Buffer.compare(write('A'.repeat(43), a), again('A'.repeat(43), b)) === 0
        expect(equal).toBe(same(a, b))
      }),
      { numRuns: 5_000 },
    )
  })

  test('no entry’s bytes can be moved into a neighbour', () => {
    const [write, again] = [createAssociatedDataWriter(), createAssociatedDataWriter()]
    const pieces = fc.array(fc.constantFrom('a', 'b', '\0', '\0\0\0\u0001', 'ab'), { minLength: 1, maxLength: 5 })
    const small = fc.dictionary(
      fc.constantFrom('a', 'b', 'ab', 'aa'),
      pieces.map((parts) => parts.join('')),
      { minKeys: 1 },
    )
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(Buffer.compare(write('', a), again('', b)) === 0).toBe(same(a, b))
      }),
      { numRuns: 5_000 },
    )
  })

  test('two different bindings never open each other’s tokens', async () => {
    await fc.assert(
      fc.asyncProperty(binding, binding, async (a, b) => {
        fc.pre(!same(a, b))
        await expect(vault.open(await vault.seal('a token', a), b)).rejects.toMatchObject({
          code: 'VAULT_DECRYPT_FAILED',
        })
      }),
      { numRuns: 500 },
    )
  })

  test('no single changed bit of any field opens: every bit of every binary field', async () => {
    const token = await vault.seal('a token', fixed)
    let tried = 0
    for (const field of ['dataKeyId', 'encryptedKey', 'nonce', 'encryptedData'] as const) {
      const bytes = Buffer.from(token[field], 'base64url')
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Buffer.from(bytes)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        const open = vault.open({ ...token, [field]: changed.toString('base64url') }, fixed)
        await expect(open, `${field} bit ${bit}`).rejects.toBeInstanceOf(VaultError)
        tried++
      }
    }
    expect(tried).toBe((32 + 93 + 12 + 7 + 16) * 8)
    expect(await vault.open(token, fixed)).toBe('a token')
  })

  test('no single changed bit of a key or its time opens; one of the mark opens, and never seals', async () => {
    const kms = localKms({ keyId: 'main', key: randomBytes(32) })
    const header = honestHeader('main', Date.now())
    const bytes = headerBytes(header)
    const process = async (wrapped: Uint8Array) => {
      const encryptedKey = await kms.wrapKey(wrapped)
      const token = forgeToken({ header, keyId: 'main', encryptedKey, binding: fixed, plaintext: 'a token' })
      return { token, cold: createVault({ kms }) }
    }
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      const { token, cold } = await process(changed)
      if (bit < 40 * 8) {
        await expect(cold.open(token, fixed), `bit ${bit}`).rejects.toMatchObject({ code: 'VAULT_DECRYPT_FAILED' })
      } else expect(await cold.open(token, fixed)).toBe('a token')
      expect((await cold.seal('another', fixed)).dataKeyId, `bit ${bit}`).not.toBe(token.dataKeyId)
    }
    const { token, cold } = await process(bytes)
    expect(await cold.open(token, fixed)).toBe('a token')
    expect((await cold.seal('another', fixed)).dataKeyId).toBe(token.dataKeyId)
  })

  test('no single changed bit of any field’s text opens', async () => {
    const token = await vault.seal('a token', fixed)
    for (const field of ['keyId', 'dataKeyId', 'encryptedKey', 'nonce', 'encryptedData'] as const) {
      for (let bit = 0; bit < token[field].length * 8; bit++) {
        const units = Array.from(token[field], (char) => char.charCodeAt(0))
        units[bit >> 3]! ^= 1 << (bit & 7)
        const open = vault.open({ ...token, [field]: String.fromCharCode(...units) }, fixed)
        await expect(open, `${field} bit ${bit}`).rejects.toBeInstanceOf(VaultError)
      }
    }
    for (let bit = 0; bit < 31; bit++) {
      const changed = { ...token, version: 1 ^ (1 << bit) } as unknown as EncryptedToken
      await expect(vault.open(changed, fixed)).rejects.toMatchObject({ code: 'VAULT_MALFORMED' })
    }
  })

  test('parsing never throws anything but a VaultError', async () => {
    const fields = ['version', 'keyId', 'dataKeyId', 'encryptedKey', 'nonce', 'encryptedData'] as const
    const valid = await vault.seal('a token', fixed)
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
      fc.record(Object.fromEntries(fields.map((field) => [field, fc.anything()]))),
      fc
        .tuple(fc.constantFrom(...fields), fc.oneof(fc.anything(), fc.base64String(), fc.string()))
        .map(([field, value]) => ({
          ...valid,
          [field]: value,
        })),
    )
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const token = value as EncryptedToken
        for (const parse of [
          () => parseToken(token),
          () => vault.isStale(token),
          () => dataKeyCreatedAt(valid.nonce),
        ]) {
          try {
            parse()
          } catch (error) {
            expect(error).toBeInstanceOf(VaultError)
          }
        }
        expect(vault.isStale(token)).toBeTypeOf('boolean')
        const error = await vault.open(token, fixed).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        if (error !== undefined) expect(error).toBeInstanceOf(VaultError)
      }),
      { numRuns: 3_000 },
    )
  })
})
