import { ConfigError } from '../errors.ts'
import { base64url, fromUtf8, randomBytes, utf8 } from '../internal/bytes.ts'
import type { EncryptedToken } from '../internal/encrypted-token.ts'
import type { CallOptions } from '../internal/signal.ts'
import { createAssociatedDataWriter } from './associated-data.ts'
import { decrypt, encrypt } from './cipher.ts'
import { DataKeys } from './data-keys.ts'
import {
  encodePlaintext,
  formatVersion,
  malformed,
  nonceLength,
  parseEncryptedKey,
  parseToken,
  wellFormed,
} from './envelope.ts'
import type { Kms } from './kms.ts'
import { ParsedTokens } from './parsed-tokens.ts'

/** The owner and purpose of a ciphertext: authenticated with it, never stored in it. */
export type Binding = Readonly<Record<string, string>>

/** Options of {@link createVault}. */
export interface VaultOptions {
  /** Wraps new data keys. */
  readonly kms: Kms
  /** Earlier keys: they only unwrap. */
  readonly retired?: readonly Kms[] | undefined
  /** Milliseconds that a data key is used for sealing. @default 30 days */
  readonly rotateAfter?: number | undefined
  /** Seals per data key and process. @default 2 ** 24 */
  readonly maxSeals?: number | undefined
  /**
   * After a key-encryption key has leaked: epoch milliseconds. Data keys made earlier count as too old: nothing is sealed
   * with them any more, and `stagedoor rotate` replaces them.
   */
  readonly notBefore?: number | undefined
  /** Opened data keys in memory. */
  readonly cache?:
    | {
        /** At most so many. @default 1000 */
        readonly maxKeys?: number | undefined
        /** Milliseconds for which each is kept. @default one hour */
        readonly maxAge?: number | undefined
      }
    | undefined
  /** Milliseconds for one operation of the KMS, its retries included. @default 10_000 */
  readonly timeout?: number | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** Envelope encryption of tokens: AES-256-GCM under data keys that a KMS wraps. */
export interface Vault {
  /**
   * Encrypts a token and binds it to its owner and purpose.
   * @param plaintext a well-formed string of at most 64 KiB of UTF-8
   * @param binding 1 to 16 entries; the same ones are needed to open the token
   * @throws TypeError `INVALID_ARGUMENT` for other arguments; VaultError as the KMS throws
   */
  seal(plaintext: string, binding: Binding, options?: CallOptions): Promise<EncryptedToken>
  /**
   * Decrypts a token that was sealed with the same binding.
   * @throws VaultError `VAULT_MALFORMED`, `VAULT_KEY_UNKNOWN`, `VAULT_DECRYPT_FAILED` (altered, or another binding), or as the KMS throws
   */
  open(token: EncryptedToken, binding: Binding, options?: CallOptions): Promise<string>
  /** Whether the token is under another KEK or a data key that is too old, or is not of the current format. Never throws. */
  isStale(token: EncryptedToken): boolean
  /**
   * Moves the token to the current KEK; `dataKeyId`, nonce and ciphertext do not change.
   * A token that is already under it moves to the key's newest version.
   * @throws VaultError as `open`, except for altered ciphertext, which is not checked
   */
  rewrap(token: EncryptedToken, options?: CallOptions): Promise<EncryptedToken>
  /** The current KEK's name, for `TokenStore.list({ keyIdNot })`. */
  readonly keyId: string
  /** Epoch milliseconds at which the active data key was created; absent before the first seal. */
  readonly dataKeyCreatedAt?: number | undefined
}

/** Milliseconds. Beyond 2^31 - 1 a timer fires at once, and every call of the KMS would fail. */
const maxTimeout = 2 ** 31 - 1
/** Bytes of a key's name that every store can keep. */
const maxKeyId = 512
const day = 24 * 60 * 60_000
const clockTolerance = 5 * 60_000

/**
 * Creates a vault. It does nothing until it is used: the first seal makes the KMS wrap a data key.
 * The format is described byte for byte in `docs/storage-format.md`.
 * @throws ConfigError `CONFIG_MISSING` without a KMS, `CONFIG_INVALID` for numbers out of range or two keys of the same name
 *
 * @example
 * ```ts
 * import { createVault } from 'stagedoor/vault'
 *
 * const vault = createVault({ kms })
 * const binding = { provider: 'spotify', clientId, ownerId, field: 'refresh_token' } as const
 * const sealed = await vault.seal('a refresh token', binding)
 * const token = await vault.open(sealed, binding)
 * ```
 */
export function createVault(options: VaultOptions): Vault {
  const { kms, retired } = checkKeys(options)
  const { now = Date.now } = options
  const dataKeys = new DataKeys({
    kms,
    retired,
    rotateAfter: positive(options.rotateAfter, 30 * day),
    maxSeals: Math.min(positive(options.maxSeals, 2 ** 24), 2 ** 32),
    notBefore: pastTime(options.notBefore ?? 0, now()),
    maxKeys: positive(options.cache?.maxKeys, 1000),
    maxAge: positive(options.cache?.maxAge, day / 24),
    timeout: positive(options.timeout, 10_000, maxTimeout),
    now,
  })
  const associatedData = createAssociatedDataWriter()
  const parsed = new ParsedTokens(associatedData)

  return {
    keyId: kms.keyId,

    get dataKeyCreatedAt() {
      return dataKeys.activeSince
    },

    async seal(plaintext, binding, { signal } = {}) {
      signal?.throwIfAborted()
      const bytes = encodePlaintext(plaintext)
      try {
        let active = dataKeys.takeActive()
        if (active === undefined) {
          associatedData('', binding)
          active = await dataKeys.takeRenewed(signal)
        }
        const { keyId, dataKeyId, encryptedKey, key } = active
        const nonce = randomBytes(nonceLength)
        const sealed = new Uint8Array(await encrypt(key, nonce, associatedData(dataKeyId, binding), bytes))
        return {
          version: formatVersion,
          keyId,
          dataKeyId,
          encryptedKey,
          nonce: base64url(nonce),
          encryptedData: base64url(sealed),
        }
      } finally {
        bytes.fill(0)
      }
    },

    async open(input, binding, { signal } = {}) {
      signal?.throwIfAborted()
      const known = parsed.parse(input)
      const { token, nonce, encryptedData, name } = known
      let opened = dataKeys.cached(name)
      if (opened === undefined) {
        associatedData('', binding)
        opened = await dataKeys.unwrapped(token, signal)
      }
      const bytes = await decrypt(opened.key, nonce, parsed.associatedData(known, binding), encryptedData)
      try {
        if (!opened.proven) dataKeys.prove(token, opened)
        return fromUtf8(bytes)
      } catch {
        throw malformed()
      } finally {
        bytes.fill(0)
      }
    },

    isStale(token) {
      try {
        parseToken(token)
        parseEncryptedKey(token)
        return dataKeys.isStale(token)
      } catch {
        return true
      }
    },

    async rewrap(token, { signal } = {}) {
      signal?.throwIfAborted()
      parseToken(token)
      const encryptedKey = await dataKeys.rewrap(token, signal)
      return { ...token, keyId: kms.keyId, encryptedKey }
    },
  }
}

function checkKeys(options: VaultOptions): { kms: Kms; retired: readonly Kms[] } {
  const kms: Kms | undefined = options?.kms
  if (!isKms(kms)) throw new ConfigError('CONFIG_MISSING', 'A vault needs a KMS: pass `kms`, for instance localKms().')
  const retired = options.retired ?? []
  for (const { keyId } of [kms, ...retired.filter(isKms)]) {
    // A name that a store would reject must fail here, not after a sign-in has used its code.
    if (utf8(keyId).length <= maxKeyId && wellFormed(keyId) && !keyId.includes('\0')) continue
    throw new ConfigError('CONFIG_INVALID', 'The keyId of a KMS is at most 512 bytes of UTF-8 without NUL.')
  }
  const names = new Set([kms.keyId])
  for (const key of retired) {
    if (!isKms(key)) throw new ConfigError('CONFIG_INVALID', 'Every entry of `retired` must be a KMS.')
    if (names.has(key.keyId)) throw new ConfigError('CONFIG_INVALID', 'Every KMS of a vault needs its own keyId.')
    names.add(key.keyId)
  }
  return { kms, retired }
}

function isKms(value: Kms | undefined): value is Kms {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof value.keyId === 'string' &&
    value.keyId.length >= 1 &&
    value.keyId.length <= 1024 &&
    typeof value.wrapKey === 'function' &&
    typeof value.unwrapKey === 'function'
  )
}

function positive(value: number | undefined, defaultValue: number, max = Number.MAX_VALUE): number {
  const number = value ?? defaultValue
  if (number >= 1 && number <= max) return number
  throw new ConfigError('CONFIG_INVALID', 'The numbers of a vault must be finite and at least 1.')
}

// With a time in the future, tokens would be stale as soon as they are sealed.
function pastTime(value: number, now: number): number {
  if (Number.isFinite(value) && value <= now + clockTolerance) return value
  throw new ConfigError('CONFIG_INVALID', '`notBefore` must be a time in epoch milliseconds, and not in the future.')
}
