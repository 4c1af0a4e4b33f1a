import type { CallOptions } from '../internal/signal.ts'

/**
 * Wraps and unwraps data keys under one key-encryption key. Adapters take the caller's own client by structural type.
 * Failures are `VaultError`: `VAULT_KMS_DENIED`, `VAULT_KMS_UNAVAILABLE`, `VAULT_KMS_THROTTLED`, `VAULT_KEY_DISABLED`,
 * `VAULT_KEY_UNKNOWN` or `VAULT_DECRYPT_FAILED`.
 */
export interface Kms {
  /** The key's stable name, as stored in every record. A service's key version lives inside `encryptedKey`. */
  readonly keyId: string
  /** @param dataKey 32 bytes */
  wrapKey(dataKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  unwrapKey(encryptedKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  /** Re-encrypts inside the service, from an older version of the same key, without the data key leaving it. */
  rewrapKey?(encryptedKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
}
