import type { CallOptions } from '../internal/signal.ts'

/**
 * Wraps and unwraps data keys under one key-encryption key. Adapters take the caller's own client by structural type.
 * Failures are `VaultError`: `VAULT_KMS_DENIED`, `VAULT_KMS_UNAVAILABLE`, `VAULT_KMS_THROTTLED`, `VAULT_KEY_DISABLED`,
 * `VAULT_KEY_UNKNOWN` or `VAULT_DECRYPT_FAILED`. The vault retries the two that are retryable; adapters do not.
 */
export interface Kms {
  /** The key's stable name, as stored in every record. A service's key version is part of `encryptedKey`. */
  readonly keyId: string
  /** Wraps 32 bytes. The vault overwrites them when the call has ended: keep no reference. */
  wrapKey(dataKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  /** Unwraps a data key. The vault overwrites the result after use: keep no reference. */
  unwrapKey(encryptedKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  /** Re-encrypts inside the service, from an older version of the same key, without the data key leaving it. */
  rewrapKey?(encryptedKey: Uint8Array, options?: RewrapOptions): Promise<Uint8Array>
  /** Whether `rewrapKey` also accepts keys that `source`, another key, has wrapped. */
  canRewrapFrom?(source: Kms): boolean
  /**
   * Whether anyone without the right to use this key can make a valid wrapped key, as with the public half of an RSA
   * key. The vault then never seals with a data key that it found in a record.
   */
  readonly forgeable?: boolean | undefined
}

export interface RewrapOptions extends CallOptions {
  /** The key that wrapped it, if it is another one. */
  readonly source?: Kms | undefined
}
