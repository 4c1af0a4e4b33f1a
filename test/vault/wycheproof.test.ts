import { describe, expect, test } from 'vitest'
import { decrypt, encrypt, importKey } from '../../src/vault/cipher.ts'
import { jsonFixture } from '../fixtures/fixtures.ts'

interface Wycheproof {
  readonly testGroups: readonly {
    readonly ivSize: number
    readonly keySize: number
    readonly tagSize: number
    readonly tests: readonly Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag' | 'comment' | 'result', string>[]
  }[]
}

const bytes = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, 'hex'))

describe('Wycheproof, AES-256 with a 96-bit nonce, through the path that opens tokens', () => {
  const cases = jsonFixture<Wycheproof>('wycheproof/aes_gcm_test.json')
    .testGroups.filter(({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128)
    .flatMap(({ tests }) => tests)

  test('there are 66 of them, 39 valid', () => {
    expect(cases).toHaveLength(66)
    expect(cases.filter(({ result }) => result === 'valid')).toHaveLength(39)
  })

  test.each(cases.map((vector, index) => ({ ...vector, index })))('$index: $result $comment', async (vector) => {
    const key = await importKey(bytes(vector.key))
    const opened = decrypt(key, bytes(vector.iv), bytes(vector.aad), bytes(vector.ct + vector.tag))
    if (vector.result === 'valid') {
      expect(Buffer.from(await opened).toString('hex')).toBe(vector.msg)
      const sealed = await encrypt(key, bytes(vector.iv), bytes(vector.aad), bytes(vector.msg))
      expect(Buffer.from(sealed).toString('hex')).toBe(vector.ct + vector.tag)
    } else {
      await expect(opened).rejects.toMatchObject({ name: 'VaultError', code: 'VAULT_DECRYPT_FAILED' })
    }
  })
})
