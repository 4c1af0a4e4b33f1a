import { base64url, fromUtf8, randomBytes } from '../internal/bytes.ts'
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
  type WrappedKey,
} from './envelope.ts'
import { type VaultOptions, vaultSettings } from './options.ts'
import { ParsedTokens } from './parsed-tokens.ts'

export type { VaultOptions, WrappedKey }

/** The owner and purpose of a ciphertext: authenticated with it, never stored in it. */
export type Binding = Readonly<Record<string, string>>

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
   * Whether {@link rewrap} is enough to move the token. False where someone else may know the data key, so that the token
   * must be opened and sealed again: under a KEK that is `forgeable`, and while `notBefore` is set. Never throws.
   */
  canRewrap(token: EncryptedToken): boolean
  /**
   * Moves the token to the current KEK; `dataKeyId`, nonce and ciphertext do not change.
   * A token that is already under it moves to the key's newest version. A data key that comes from another KEK opens
   * tokens here, and never seals any.
   * @throws VaultError as `open`, except for altered ciphertext, which is not checked
   */
  rewrap(token: EncryptedToken, options?: CallOptions): Promise<EncryptedToken>
  /** The data key that seals, as records hold it; `undefined` until there is one. It is no secret. */
  activeKey(): WrappedKey | undefined
  /**
   * The data key that the next seal uses: adopted or made, if there is none yet.
   * @param options.fresh makes a new one in any case, for instance under a new version of the KEK
   * @throws VaultError as the KMS throws: sealing would fail too
   */
  prepare(options?: CallOptions & { readonly fresh?: boolean | undefined }): Promise<WrappedKey>
  /**
   * Seals from now on under a data key that another process made, if its KEK says that it was made under the current key,
   * is not too old, and is newer than every data key that this process has sealed with.
   * @returns whether it does
   * @throws VaultError retryable, when the KMS does not respond; a data key that does not fit, or is none, is only refused
   */
  offer(key: WrappedKey, options?: CallOptions): Promise<boolean>
  /** Whether {@link offer} can accept any data key: not with `adopt: false`, nor under a KEK that is `forgeable`. */
  readonly adopts: boolean
  /**
   * Drops all data keys from memory, and the timer that drops expired ones. A later call gets its key from the KMS
   * again. The key of a `localKms` stays: it is the KMS's own.
   */
  close(): void
  /** The current KEK's name, for `TokenStore.list({ keyIdNot })`. */
  readonly keyId: string
  /** Epoch milliseconds at which the latest active data key was created; absent while there has been none. */
  readonly dataKeyCreatedAt?: number | undefined
}

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
  const settings = vaultSettings(options)
  const { kms } = settings
  const dataKeys = new DataKeys(settings)
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

    canRewrap(token) {
      try {
        parseToken(token)
        return dataKeys.canRewrap(token)
      } catch {
        return false
      }
    },

    async rewrap(token, { signal } = {}) {
      signal?.throwIfAborted()
      parseToken(token)
      const encryptedKey = await dataKeys.rewrap(token, signal)
      return { ...token, keyId: kms.keyId, encryptedKey }
    },

    activeKey() {
      const { active } = dataKeys
      return active === undefined ? undefined : publicPart(active)
    },

    async prepare({ signal, fresh = false } = {}) {
      signal?.throwIfAborted()
      return publicPart(await dataKeys.prepare(fresh, signal))
    },

    async offer(key, { signal } = {}) {
      signal?.throwIfAborted()
      return await dataKeys.offer(key, signal)
    },

    get adopts() {
      return dataKeys.adopts
    },

    close() {
      dataKeys.close()
      parsed.clear()
    },
  }
}

function publicPart({ keyId, dataKeyId, encryptedKey }: WrappedKey): WrappedKey {
  return { keyId, dataKeyId, encryptedKey }
}
