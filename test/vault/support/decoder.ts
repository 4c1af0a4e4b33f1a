import { createDecipheriv, createHash, createHmac } from 'node:crypto'

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

/** What a KMS wraps, §2. */
export interface Header {
  readonly dataKey: Buffer
  readonly createdAt: number
  readonly mark: Buffer
}

/** The header, unwrapped by a local key, §5.1. */
export function unwrapLocal(keyId: string, key: Buffer, encryptedKey: string): Header {
  const bytes = Buffer.from(encryptedKey, 'base64url')
  if (bytes.length !== 93 || bytes[0] !== 1) throw new Error('not a locally wrapped key')
  const aad = Buffer.concat([Buffer.from('stagedoor.local-kms'), Buffer.from([1]), Buffer.from(keyId)])
  return readHeader(aes256gcm(key, bytes.subarray(1, 13), aad, bytes.subarray(13)))
}

export function readHeader(bytes: Buffer): Header {
  if (bytes.length !== 64) throw new Error('not a header')
  return {
    dataKey: bytes.subarray(0, 32),
    createdAt: Number(bytes.readBigUInt64BE(32)),
    mark: bytes.subarray(40),
  }
}

/** The marks, §2. */
export const movedMark = sha256('stagedoor.data-key.moved').subarray(0, 24)
export const madeUnderMark = (keyId: string): Buffer =>
  sha256(`stagedoor.data-key.made-under\0${keyId}`).subarray(0, 24)

/** The id of a data key, §2. */
export function dataKeyIdOf({ dataKey, createdAt }: Pick<Header, 'dataKey' | 'createdAt'>): string {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(createdAt))
  const code = createHmac('sha256', dataKey).update('stagedoor.data-key-id').update(time).digest()
  return Buffer.concat([code.subarray(0, 24), time]).toString('base64url')
}

/** Key version and service's ciphertext of a wrapped key, §5.2 to §5.5; at AWS, whether it is moved. */
export function readWrappedKey(
  kms: 'aws' | 'gcp' | 'azure' | 'vault-transit',
  encryptedKey: string,
): { version: string; ciphertext: Buffer } {
  const bytes = Buffer.from(encryptedKey, 'base64url')
  if (kms === 'aws' && (bytes[0] === 1 || bytes[0] === 2)) {
    return { version: bytes[0] === 2 ? 'moved' : 'made here', ciphertext: bytes.subarray(1) }
  }
  if (bytes[0] !== 1) throw new Error('unknown layout')
  if (kms === 'azure') {
    const end = 2 + (bytes[1] ?? 0)
    return { version: bytes.subarray(2, end).toString('ascii'), ciphertext: bytes.subarray(end) }
  }
  const end = kms === 'gcp' ? bytes.length - 4 : bytes.length
  return { version: String(bytes.readUInt32BE(1)), ciphertext: bytes.subarray(5, end) }
}

/** The token, §3. */
export function openEnvelope(envelope: Envelope, binding: Readonly<Record<string, string>>, header: Header): string {
  if (envelope.version !== 1) throw new Error('unknown version')
  if (envelope.dataKeyId !== dataKeyIdOf(header)) throw new Error('the id is not that of the data key')
  const nonce = Buffer.from(envelope.nonce, 'base64url')
  const sealed = Buffer.from(envelope.encryptedData, 'base64url')
  return aes256gcm(header.dataKey, nonce, associatedData(envelope.dataKeyId, binding), sealed).toString('utf8')
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function aes256gcm(key: Buffer, nonce: Buffer, aad: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}
