import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { EncryptedToken } from '../../../src/vault/index.ts'
import { associatedData, dataKeyIdOf, type Header, madeUnderMark } from './decoder.ts'

/** What someone who knows the format can write, with every field of their choice. It uses no code of src/. */

export type Binding = Readonly<Record<string, string>>

/** The 64 bytes that a KMS wraps. */
export function headerBytes({ dataKey, createdAt, mark }: Header): Uint8Array<ArrayBuffer> {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(createdAt))
  return new Uint8Array(Buffer.concat([dataKey, time, mark]))
}

/** A header as the key's maker would write it under a KEK of that name. */
export function honestHeader(keyId: string, createdAt: number, dataKey: Buffer = randomBytes(32)): Header {
  return { dataKey, createdAt, mark: madeUnderMark(keyId) }
}

/** A record's token under a data key that the forger knows. */
export function forgeToken(options: {
  readonly header: Header
  readonly keyId: string
  readonly encryptedKey: Uint8Array | string
  readonly binding: Binding
  readonly plaintext: string
  /** @default the id that belongs to the header */
  readonly dataKeyId?: string
}): EncryptedToken {
  const { header, keyId, binding, plaintext } = options
  const { dataKeyId = dataKeyIdOf(header) } = options
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', header.dataKey, nonce).setAAD(associatedData(dataKeyId, binding))
  const data = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  const { encryptedKey } = options
  return {
    version: 1,
    keyId,
    dataKeyId,
    encryptedKey: typeof encryptedKey === 'string' ? encryptedKey : Buffer.from(encryptedKey).toString('base64url'),
    nonce: nonce.toString('base64url'),
    encryptedData: data.toString('base64url'),
  }
}

/** The text of a stored token for someone who knows one data key; `undefined` if it is under another. */
export function readWith(dataKey: Buffer, token: EncryptedToken, binding: Binding): string | undefined {
  const sealed = Buffer.from(token.encryptedData, 'base64url')
  const nonce = Buffer.from(token.nonce, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: 16 })
  decipher.setAAD(associatedData(token.dataKeyId, binding)).setAuthTag(sealed.subarray(-16))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString()
  } catch {
    return undefined
  }
}
