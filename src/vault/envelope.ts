import { invalidArgument, VaultError } from '../errors.ts'
import { base64url, fromBase64url, utf8 } from '../internal/bytes.ts'
import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { isObject } from '../internal/is-object.ts'

/** The part of a token that identifies its data key. It holds no secret: every record has one. */
export type WrappedKey = Pick<EncryptedToken, 'keyId' | 'dataKeyId' | 'encryptedKey'>

/** The format that {@link parseToken} accepts and `seal` writes: `docs/storage-format.md`. */
export const formatVersion = 1
/** Bytes of UTF-8 that one token may have. */
const maxPlaintext = 65_536
export const nonceLength = 12

const tagLength = 16
const dataKeyIdLength = 32
const maxKeyId = 1024
const maxEncryptedKey = 4096
const fields = ['version', 'keyId', 'dataKeyId', 'encryptedKey', 'nonce', 'encryptedData'] as const

const base64urlLength = (bytes: number): number => Math.ceil((bytes * 4) / 3)
const maxEncryptedKeyText = base64urlLength(maxEncryptedKey)
const maxEncryptedDataText = base64urlLength(maxPlaintext + tagLength)
const minEncryptedDataText = base64urlLength(tagLength)
const nonceText = base64urlLength(nonceLength)
const dataKeyIdText = base64urlLength(dataKeyIdLength)

/** The binary fields that opening needs, decoded. */
export interface TokenBytes {
  readonly nonce: Uint8Array<ArrayBuffer>
  readonly encryptedData: Uint8Array<ArrayBuffer>
}

/**
 * Checks a value from a store against the format and decodes it. Lengths are checked before anything is decoded.
 * @throws VaultError `VAULT_MALFORMED`: a missing, extra or ill-typed field, an unknown version, a length out of range,
 *   or base64url that is not canonical (RFC 4648 §5 without padding)
 */
export function parseToken(token: EncryptedToken): TokenBytes {
  if (!isObject(token)) throw malformed()
  const { version, keyId, dataKeyId, encryptedKey, nonce, encryptedData } = token
  if (version !== formatVersion || Object.keys(token).length !== fields.length) throw malformed()
  for (const field of fields) if (!Object.hasOwn(token, field)) throw malformed()
  if (!isText(keyId, 1, maxKeyId) || !wellFormed(keyId)) throw malformed()
  if (!isText(dataKeyId, dataKeyIdText, dataKeyIdText)) throw malformed()
  if (!isText(encryptedKey, 1, maxEncryptedKeyText)) throw malformed()
  if (!isText(nonce, nonceText, nonceText)) throw malformed()
  if (!isText(encryptedData, minEncryptedDataText, maxEncryptedDataText)) throw malformed()
  return { nonce: decode(nonce), encryptedData: decode(encryptedData) }
}

/** The wrapped data key of a token, decoded. @throws VaultError `VAULT_MALFORMED` */
export function parseEncryptedKey(token: Pick<EncryptedToken, 'encryptedKey'>): Uint8Array<ArrayBuffer> {
  return decode(token.encryptedKey)
}

/** The bytes of a data key's id. @throws VaultError `VAULT_MALFORMED` */
export function dataKeyIdBytes(dataKeyId: string): Uint8Array<ArrayBuffer> {
  const bytes = decode(dataKeyId)
  if (bytes.length !== dataKeyIdLength) throw malformed()
  return bytes
}

/** Epoch milliseconds at which the data key was created, read from its id. @throws VaultError `VAULT_MALFORMED` */
export function dataKeyCreatedAt(dataKeyId: string): number {
  const bytes = dataKeyIdBytes(dataKeyId)
  const createdAt = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(dataKeyIdLength - 8)
  if (createdAt > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed()
  return Number(createdAt)
}

/** Checks a wrapped data key without a token, as {@link parseToken} does. @throws VaultError `VAULT_MALFORMED` */
export function parseWrappedKey({ keyId, dataKeyId, encryptedKey }: WrappedKey): void {
  if (!isText(keyId, 1, maxKeyId) || !wellFormed(keyId)) throw malformed()
  if (!isText(dataKeyId, dataKeyIdText, dataKeyIdText)) throw malformed()
  if (!isText(encryptedKey, 1, maxEncryptedKeyText)) throw malformed()
  dataKeyCreatedAt(dataKeyId)
  decode(encryptedKey)
}

/** A wrapped data key as stored in a record. @throws VaultError `VAULT_MALFORMED` for a length out of range */
export function formatEncryptedKey(bytes: Uint8Array): string {
  if (!(bytes instanceof Uint8Array) || bytes.length === 0 || bytes.length > maxEncryptedKey) throw malformed()
  return base64url(bytes)
}

/** The UTF-8 of a token. @throws TypeError `INVALID_ARGUMENT` when it is not a well-formed string of at most 64 KiB */
export function encodePlaintext(plaintext: string): Uint8Array<ArrayBuffer> {
  if (typeof plaintext !== 'string' || plaintext.length > maxPlaintext || !wellFormed(plaintext))
    throw invalidPlaintext()
  const bytes = utf8(plaintext)
  if (bytes.length > maxPlaintext) throw invalidPlaintext()
  return bytes
}

/** Whether a string has no lone surrogates: only then does its UTF-8 decode to the same string. */
export function wellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}

export function malformed(): VaultError {
  return new VaultError('VAULT_MALFORMED', 'The record is not an encrypted token of a known format.')
}

function invalidPlaintext(): TypeError {
  return invalidArgument('A token must be a well-formed string of at most 65536 bytes of UTF-8.')
}

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64url(text)
  if (bytes === undefined) throw malformed()
  return bytes
}
