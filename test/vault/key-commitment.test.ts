import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createVault, type EncryptedToken, localKms } from '../../src/vault/index.ts'
import { dataKeyIdOf } from './support/decoder.ts'
import { headerBytes, honestHeader, readWith } from './support/forger.ts'
import { twoTexts } from './support/two-keys.ts'

const kms = localKms({ keyId: 'main', key: randomBytes(32) })
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

describe('one ciphertext that opens to two texts', () => {
  test('opens under the data key that its id commits to, and under no other', { timeout: 60_000 }, async () => {
    const createdAt = Date.now()
    const [first, second] = [honestHeader('main', createdAt), honestHeader('main', createdAt)]
    const dataKeyId = dataKeyIdOf(first)
    const { nonce, binding, encryptedData } = twoTexts([first.dataKey, second.dataKey], dataKeyId)
    const token = async (header: typeof first): Promise<EncryptedToken> => ({
      version: 1,
      keyId: 'main',
      dataKeyId,
      encryptedKey: text(await kms.wrapKey(headerBytes(header))),
      nonce: text(nonce),
      encryptedData: text(encryptedData),
    })
    const texts = [first, second].map(({ dataKey }) =>
      readWith(dataKey, { ...baseToken, dataKeyId, nonce: text(nonce), encryptedData: text(encryptedData) }, binding),
    )
    expect(texts[0]).toBe('a')
    expect(texts[1]).toMatch(/^[\0-~]$/)
    expect(texts[1]).not.toBe('a')

    expect(await createVault({ kms }).open(await token(first), binding)).toBe('a')
    await expect(createVault({ kms }).open(await token(second), binding)).rejects.toMatchObject({
      code: 'VAULT_DECRYPT_FAILED',
    })
  })
})

const baseToken = { version: 1 as const, keyId: 'main', encryptedKey: 'AA' }
