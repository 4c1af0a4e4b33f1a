import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createVault, type EncryptedToken, localKms } from '../../src/vault/index.ts'
import {
  associatedData,
  dataKeyIdOf,
  type Envelope,
  madeUnderMark,
  movedMark,
  openEnvelope,
  unwrapLocal,
} from './support/decoder.ts'

interface Vectors {
  readonly keys: readonly { keyId: string; key: string }[]
  readonly valid: readonly {
    name: string
    binding: Record<string, string>
    plaintext: string
    dataKeyCreatedAt: number
    dataKey: string
    mark: string
    moved: boolean
    associatedData: string
    token: EncryptedToken
  }[]
  readonly invalid: readonly { name: string; code: string; binding: Record<string, string>; token: EncryptedToken }[]
}

const file = new URL('../../docs/vectors/encrypted-token.json', import.meta.url)
const { keys, valid, invalid } = JSON.parse(readFileSync(file, 'utf8')) as Vectors
const [main, ...others] = keys.map((key) => localKms(key))
const vault = createVault({ kms: main!, retired: others })

/** Reads by the page alone: decoder.ts shares no code with src/. */
function decode(token: Envelope, binding: Record<string, string>): string {
  const key = Buffer.from(keys.find(({ keyId }) => keyId === token.keyId)?.key ?? '', 'base64url')
  return openEnvelope(token, binding, unwrapLocal(token.keyId, key, token.encryptedKey))
}

describe('the published vectors', () => {
  test.each(valid)('$name opens', async ({ token, binding, plaintext }) => {
    expect(await vault.open(token, binding)).toBe(plaintext)
  })

  test.each(valid)('$name is read by a decoder of its own', ({ token, binding, ...expected }) => {
    const key = Buffer.from(keys.find(({ keyId }) => keyId === token.keyId)?.key ?? '', 'base64url')
    const header = unwrapLocal(token.keyId, key, token.encryptedKey)
    expect(header.dataKey.toString('base64url')).toBe(expected.dataKey)
    expect(header.createdAt).toBe(expected.dataKeyCreatedAt)
    expect(header.mark.toString('base64url')).toBe(expected.mark)
    expect(header.mark).toEqual(expected.moved ? movedMark : madeUnderMark(token.keyId))
    expect(dataKeyIdOf(header)).toBe(token.dataKeyId)
    expect(associatedData(token.dataKeyId, binding).toString('base64url')).toBe(expected.associatedData)
    expect(decode(token, binding)).toBe(expected.plaintext)
  })

  test.each(invalid)('$name is refused: $code', async ({ token, binding, code }) => {
    await expect(vault.open(token, binding)).rejects.toMatchObject({ name: 'VaultError', code })
    if (code === 'VAULT_DECRYPT_FAILED') expect(() => decode(token, binding)).toThrow()
  })

  test('the decoder also reads what is sealed today', async () => {
    const binding = { clientId: 'app', provider: 'spotify', ownerId: 'käyttäjä', field: 'access' }
    const token = await vault.seal('fresh 🎶', binding)
    expect(decode(token, binding)).toBe('fresh 🎶')
    expect(decode(JSON.parse(JSON.stringify(await vault.rewrap(token))), binding)).toBe('fresh 🎶')
  })

  test('the decoder imports nothing from the package', () => {
    const source = readFileSync(new URL('./support/decoder.ts', import.meta.url), 'utf8')
    expect(source.match(/from '.*'/g)).toEqual(["from 'node:crypto'"])
  })
})
