import { base64url, concat, sameBytes, utf8 } from '../internal/bytes.ts'
import { decryptFailed } from './cipher.ts'
import { dataKeyCreatedAt, dataKeyIdBytes } from './envelope.ts'

/** What a KMS wraps: the data key, its creation time in milliseconds, big endian, and a mark. */
const keyLength = 32
const timeLength = 8
const markLength = 24
const headerLength = keyLength + timeLength + markLength

const idLabel = utf8('stagedoor.data-key-id')
const madeUnderLabel = utf8('stagedoor.data-key.made-under\0')
const movedLabel = utf8('stagedoor.data-key.moved')
const hmac = { name: 'HMAC', hash: 'SHA-256' }

/** Says under which KEK a data key was made. */
export function madeUnder(keyId: string): Promise<Uint8Array<ArrayBuffer>> {
  return markOf(concat([madeUnderLabel, utf8(keyId)]))
}

/** Says that a data key has come from another KEK: it opens tokens, and never seals again. */
export function moved(): Promise<Uint8Array<ArrayBuffer>> {
  return markOf(movedLabel)
}

async function markOf(label: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', label)).slice(0, markLength)
}

/** The header of a data key; the caller overwrites it. */
export function writeHeader(dataKey: Uint8Array, createdAt: number, mark: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([dataKey, timeBytes(createdAt), mark])
}

/** The same header with another mark, in place. */
export function setMark(header: Uint8Array, mark: Uint8Array): void {
  header.set(mark, keyLength + timeLength)
}

export function markIs(header: Uint8Array, mark: Uint8Array): boolean {
  return sameBytes(header.subarray(keyLength + timeLength), mark)
}

/** The data key in a header: a view, so that overwriting one overwrites the other. */
export function dataKeyOf(header: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return header.subarray(0, keyLength)
}

/**
 * The id of a data key commits to the key and its creation time: 24 bytes of HMAC-SHA-256 under the key, then the time.
 */
export async function dataKeyIdOf(dataKey: Uint8Array<ArrayBuffer>, createdAt: number): Promise<string> {
  const time = timeBytes(createdAt)
  const key = await crypto.subtle.importKey('raw', dataKey, hmac, false, ['sign'])
  const code = new Uint8Array(await crypto.subtle.sign(hmac, key, concat([idLabel, time])))
  return base64url(concat([code.subarray(0, markLength), time]))
}

/**
 * Checks that a header and an id belong together: the id is that of the key, and both name the same time.
 * @returns when the data key was created, epoch milliseconds
 * @throws VaultError `VAULT_DECRYPT_FAILED`; `VAULT_MALFORMED` for an id that is not one
 */
export async function checkHeader(header: Uint8Array<ArrayBuffer>, dataKeyId: string): Promise<number> {
  const createdAt = dataKeyCreatedAt(dataKeyId)
  if (header.length !== headerLength) throw decryptFailed()
  const sameTime = sameBytes(header.subarray(keyLength, keyLength + timeLength), timeBytes(createdAt))
  const expected = dataKeyIdBytes(await dataKeyIdOf(dataKeyOf(header), createdAt))
  const sameId = sameBytes(dataKeyIdBytes(dataKeyId), expected)
  if (!sameTime || !sameId) throw decryptFailed()
  return createdAt
}

function timeBytes(createdAt: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(timeLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(createdAt))
  return bytes
}
