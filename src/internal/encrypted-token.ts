/**
 * A token under envelope encryption. Binary fields are base64url without padding.
 * The byte layout is described in `docs/storage-format.md`.
 */
export interface EncryptedToken {
  readonly version: 1
  /** Stable name of the key-encryption key that wraps the data key. */
  readonly keyId: string
  /** A code that commits to the data key, and the key's creation time. */
  readonly dataKeyId: string
  /** The data key with its creation time and origin, wrapped by the KMS. */
  readonly encryptedKey: string
  /** 96-bit AES-GCM nonce. */
  readonly nonce: string
  /** Ciphertext followed by the 128-bit tag. */
  readonly encryptedData: string
}
