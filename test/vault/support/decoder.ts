import { createDecipheriv } from 'node:crypto'

// A reader of docs/storage-format.md written from that page alone, on node:crypto. It must not import from src/.

export interface Envelope {
  readonly version: number
  readonly keyId: string
  readonly dataKeyId: string
  readonly encryptedKey: string
  readonly nonce: string
  readonly encryptedData: string
}

/** The bytes of the associated data, §4. */
export function associatedData(dataKeyId: string, binding: Readonly<Record<string, string>>): Buffer {
  const names = Object.keys(binding).sort()
  const texts = [dataKeyId, ...names.flatMap((name) => [name, binding[name] ?? ''])]
  const parts = [Buffer.from('stagedoor.encrypted-token'), Buffer.from([1]), ...texts.map((text) => Buffer.from(text))]
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.length)
      return [length, part]
    }),
  )
}

/** The data key, unwrapped by a local key, §5.1. */
export function unwrapLocal(keyId: string, key: Buffer, encryptedKey: string): Buffer {
  const bytes = Buffer.from(encryptedKey, 'base64url')
  if (bytes.length !== 61 || bytes[0] !== 1) throw new Error('not a locally wrapped key')
  const aad = Buffer.concat([Buffer.from('stagedoor.local-kms'), Buffer.from([1]), Buffer.from(keyId)])
  return aes256gcm(key, bytes.subarray(1, 13), aad, bytes.subarray(13))
}

/** Key version and service's ciphertext of a wrapped key, §5.3 to §5.5. */
export function readWrappedKey(
  kms: 'gcp' | 'azure' | 'vault-transit',
  encryptedKey: string,
): { version: string; ciphertext: Buffer } {
  const bytes = Buffer.from(encryptedKey, 'base64url')
  if (bytes[0] !== 1) throw new Error('unknown layout')
  if (kms === 'azure') {
    const end = 2 + (bytes[1] ?? 0)
    return { version: bytes.subarray(2, end).toString('ascii'), ciphertext: bytes.subarray(end) }
  }
  const end = kms === 'gcp' ? bytes.length - 4 : bytes.length
  return { version: String(bytes.readUInt32BE(1)), ciphertext: bytes.subarray(5, end) }
}

/** The token, §3. */
export function openEnvelope(envelope: Envelope, binding: Readonly<Record<string, string>>, dataKey: Buffer): string {
  if (envelope.version !== 1) throw new Error('unknown version')
  const nonce = Buffer.from(envelope.nonce, 'base64url')
  const sealed = Buffer.from(envelope.encryptedData, 'base64url')
  return aes256gcm(dataKey, nonce, associatedData(envelope.dataKeyId, binding), sealed).toString('utf8')
}

/** When the data key was made, §2. */
export function createdAt(dataKeyId: string): number {
  return Number(Buffer.from(dataKeyId, 'base64url').readBigUInt64BE(16))
}

function aes256gcm(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}
