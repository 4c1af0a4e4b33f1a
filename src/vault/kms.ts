import type { CallOptions } from '../internal/signal.ts'

/**
 * Wraps and unwraps data keys under one key-encryption key. Adapters take the caller's own client by structural type.
 * Failures are `VaultError`: `VAULT_KMS_DENIED`, `VAULT_KMS_UNAVAILABLE`, `VAULT_KMS_THROTTLED`, `VAULT_KEY_DISABLED`,
 * `VAULT_KEY_UNKNOWN` or `VAULT_DECRYPT_FAILED`. The vault retries the two that are retryable; adapters need not.
 */
export interface Kms {
  /** The key's stable name, as stored in every record. A service's key version lives inside `encryptedKey`. */
  readonly keyId: string
  /** Wraps 32 bytes. The vault overwrites them when the call has ended: keep no reference. */
  wrapKey(dataKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  /** The result is the caller's: the vault overwrites it after use. */
  unwrapKey(encryptedKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  /** Re-encrypts inside the service, from an older version of the same key, without the data key leaving it. */
  rewrapKey?(encryptedKey: Uint8Array, options?: RewrapOptions): Promise<Uint8Array>
  /** Whether `rewrapKey` can also take what `source`, another key, has wrapped. */
  canRewrapFrom?(source: Kms): boolean
  /**
   * Whether someone without the right to use this key can make a wrapped key that unwraps, as anyone with an RSA key's
   * public half can. The vault then never seals under a data key that it found in a record.
   */
  readonly forgeable?: boolean | undefined
}

export interface RewrapOptions extends CallOptions {
  /** The key that wrapped it, when that is another one. */
  readonly source?: Kms | undefined
}
