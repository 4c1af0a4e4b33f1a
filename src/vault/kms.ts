import type { CallOptions } from '../internal/signal.ts'

/**
 * Wraps and unwraps data keys under one key-encryption key. Adapters take the caller's own client by structural type.
 * Failures are `VaultError`: `VAULT_KMS_DENIED`, `VAULT_KMS_UNAVAILABLE`, `VAULT_KMS_THROTTLED`, `VAULT_KEY_DISABLED`,
 * `VAULT_KEY_UNKNOWN` or `VAULT_DECRYPT_FAILED`. The vault retries the two that are retryable; adapters do not.
 */
export interface Kms {
  /** The key's stable name, as stored in every record. A service's key version is part of `encryptedKey`. */
  readonly keyId: string
  /**
   * Wraps up to 64 bytes, in multiples of 8: a data key with what belongs to it. The vault overwrites them when the call
   * has ended: keep no reference.
   */
  wrapKey(dataKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  /** Returns what was wrapped. The vault overwrites the result after use: keep no reference. */
  unwrapKey(encryptedKey: Uint8Array, options?: CallOptions): Promise<Uint8Array>
  /**
   * Re-encrypts inside the service, from an older version of the same key, without the data key leaving it. What
   * {@link isMoved} says of a wrapped key stays as it was; from another key, the result is moved.
   */
  rewrapKey?(encryptedKey: Uint8Array, options?: RewrapOptions): Promise<Uint8Array>
  /** Whether `rewrapKey` also accepts keys that `source`, another key, has wrapped. The vault asks only if there is `isMoved`. */
  canRewrapFrom?(source: Kms): boolean
  /**
   * Whether a wrapped key says that it has come from another key inside the service. Unwrapping authenticates that: a
   * wrapped key that was changed to say otherwise does not unwrap. Without it, data keys of other keys are moved by
   * unwrapping and wrapping them.
   */
  isMoved?(encryptedKey: Uint8Array): boolean
  /**
   * Whether anyone without the right to use this key can make a valid wrapped key, as with the public half of an RSA
   * key. The vault then never seals with a data key that it found in a record, and carries none of them to another key.
   */
  readonly forgeable?: boolean | undefined
}

export interface RewrapOptions extends CallOptions {
  /** The key that wrapped it, if it is another one. */
  readonly source?: Kms | undefined
}
