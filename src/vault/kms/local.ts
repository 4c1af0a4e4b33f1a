import { ConfigError } from '../../errors.ts'
import { concat, fromBase64url, randomBytes, utf8 } from '../../internal/bytes.ts'
import { isGuessable } from '../../internal/key-strength.ts'
import { plain, type Secret } from '../../internal/secret.ts'
import { decrypt, decryptFailed, encrypt, importKey } from '../cipher.ts'
import type { Kms } from '../kms.ts'

/** Options of {@link localKms}. */
export interface LocalKmsOptions {
  /** The key's stable name, stored in every record. */
  readonly keyId: string
  /** 32 random bytes, their base64url, or a JWK of type `oct`. */
  readonly key: Uint8Array | string | Secret<string | Uint8Array> | OctetKey | undefined
}

/** A symmetric JSON Web Key (RFC 7517, RFC 7518 §6.4). */
export interface OctetKey {
  readonly kty?: string | undefined
  readonly k?: string | undefined
  readonly use?: string | undefined
}

const layout = 1
const nonceLength = 12
const overhead = 1 + nonceLength + 16
const maxWrapped = 64

/**
 * An in-process KMS: AES-256-GCM with a key that the application holds. For development, or if the application's secret
 * store is trusted; a key service keeps the key out of the process.
 * @throws ConfigError `CONFIG_VAULT_KEY` when the key is not 32 bytes or clearly not random; `CONFIG_INVALID` for a bad keyId
 *
 * @example
 * ```ts
 * import { createVault, localKms } from 'stagedoor/vault'
 *
 * // `npx stagedoor keygen --only vault` makes the key.
 * const vault = createVault({ kms: localKms({ keyId: 'main', key: process.env.STAGEDOOR_VAULT_KEY }) })
 * ```
 */
export function localKms({ keyId, key }: LocalKmsOptions): Kms {
  if (typeof keyId !== 'string' || keyId.length === 0 || keyId.length > 1024) {
    throw new ConfigError('CONFIG_INVALID', 'A local key needs a keyId of 1 to 1024 characters.')
  }
  const imported = importKey(keyBytes(key))
  imported.catch(() => {})
  const label = concat([utf8('stagedoor.local-kms'), Uint8Array.of(layout), utf8(keyId)])

  return {
    keyId,
    async wrapKey(dataKey) {
      const nonce = randomBytes(nonceLength)
      const copy = new Uint8Array(dataKey)
      try {
        const wrapped = new Uint8Array(await encrypt(await imported, nonce, label, copy))
        return concat([Uint8Array.of(layout), nonce, wrapped])
      } finally {
        copy.fill(0)
      }
    },
    async unwrapKey(encryptedKey) {
      const { length } = encryptedKey
      if (encryptedKey[0] !== layout || length <= overhead || length > overhead + maxWrapped) throw decryptFailed()
      const nonce = encryptedKey.slice(1, 1 + nonceLength)
      return decrypt(await imported, nonce, label, encryptedKey.slice(1 + nonceLength))
    },
  }
}

function keyBytes(option: LocalKmsOptions['key']): Uint8Array<ArrayBuffer> {
  const key = plain(option)
  const text = typeof key === 'string' ? key : jwkValue(key)
  const bytes = key instanceof Uint8Array ? new Uint8Array(key) : fromBase64url(text ?? '')
  if (bytes?.length !== 32) {
    throw new ConfigError(
      'CONFIG_VAULT_KEY',
      'A local key must be 32 random bytes, their base64url, or an oct JWK: run "npx stagedoor keygen".',
    )
  }
  if (isGuessable(bytes)) {
    bytes.fill(0)
    throw new ConfigError(
      'CONFIG_VAULT_KEY',
      'The local key is not random, so that it could be guessed: run "npx stagedoor keygen".',
    )
  }
  return bytes
}

function jwkValue(key: Uint8Array | OctetKey | undefined): string | undefined {
  if (typeof key !== 'object' || key instanceof Uint8Array) return undefined
  if (key.kty !== 'oct' || (key.use !== undefined && key.use !== 'enc')) return undefined
  return typeof key.k === 'string' ? key.k : undefined
}
