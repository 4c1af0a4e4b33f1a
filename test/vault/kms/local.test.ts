import { describe, expect, test } from 'vitest'
import { base64url, randomBytes, utf8 } from '../../../src/internal/bytes.ts'
import { Secret } from '../../../src/internal/secret.ts'
import { kmsContract } from '../../../src/testing/contracts/kms.ts'
import { localKms } from '../../../src/vault/index.ts'

describe('local KMS', () => {
  const kms = localKms({ keyId: 'main', key: randomBytes(32) })
  const other = localKms({ keyId: 'other', key: randomBytes(32) })
  for (const { name, run } of kmsContract({ kms: () => kms, other: () => other })) test(name, run)

  test('bytes, base64url, JWK and a secret of them are the same key', async () => {
    const key = randomBytes(32)
    const dataKey = randomBytes(32)
    const forms = [
      key,
      base64url(key),
      { kty: 'oct', k: base64url(key), use: 'enc' },
      new Secret(base64url(key)),
      new Secret(key),
    ]
    for (const wrapping of forms)
      for (const opening of forms) {
        const wrapped = await localKms({ keyId: 'main', key: wrapping }).wrapKey(dataKey)
        expect(await localKms({ keyId: 'main', key: opening }).unwrapKey(wrapped)).toEqual(dataKey)
      }
  })

  test('the name is bound: the same key under another keyId does not unwrap', async () => {
    const key = randomBytes(32)
    const wrapped = await localKms({ keyId: 'a', key }).wrapKey(randomBytes(32))
    await expect(localKms({ keyId: 'b', key }).unwrapKey(wrapped)).rejects.toMatchObject({
      code: 'VAULT_DECRYPT_FAILED',
    })
  })

  test('the caller’s key bytes are left alone, and not looked at again', async () => {
    const key = randomBytes(32)
    const before = key.slice()
    const mine = localKms({ keyId: 'main', key })
    expect(key).toEqual(before)
    key.fill(1)
    const wrapped = await mine.wrapKey(randomBytes(32))
    await expect(localKms({ keyId: 'main', key: before }).unwrapKey(wrapped)).resolves.toHaveLength(32)
  })

  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['31 bytes', randomBytes(31)],
    ['33 bytes', randomBytes(33)],
    ['base64 with padding', Buffer.from(randomBytes(32)).toString('base64')],
    ['hex', Buffer.from(randomBytes(32)).toString('hex')],
    ['zeros', new Uint8Array(32)],
    ['one byte repeated', new Uint8Array(32).fill(0xa7)],
    ['a few bytes repeated', Uint8Array.from({ length: 32 }, (_, index) => [0x1f, 0x9c, 0xe3][index % 3] ?? 0)],
    ['bytes that count up', Uint8Array.from({ length: 32 }, (_, index) => index * 3 + 200)],
    ['a pass phrase of 32 letters', utf8('correct horse battery staple 123')],
    ['a pass phrase in base64url', base64url(utf8('correct horse battery staple 123'))],
    ['a JWK of another type', { kty: 'RSA', k: base64url(randomBytes(32)) }],
    ['a JWK for signing', { kty: 'oct', use: 'sig', k: base64url(randomBytes(32)) }],
    ['a JWK without a value', { kty: 'oct' }],
  ])('%s is no key', (_, key) => {
    expect(() => localKms({ keyId: 'main', key })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_VAULT_KEY',
        message: expect.stringContaining('run "npx stagedoor keygen"'),
      }),
    )
  })
})
