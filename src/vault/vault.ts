import type { EncryptedToken } from '../internal/encrypted-token.ts'
import type { CallOptions } from '../internal/signal.ts'
import type { Kms } from './kms.ts'

/** Who and what a ciphertext belongs to: authenticated with it, never stored in it. */
export type Binding = Readonly<Record<string, string>>

export interface VaultOptions {
  /** Wraps new data keys. */
  readonly kms: Kms
  /** Earlier keys: they only ever unwrap. */
  readonly retired?: readonly Kms[] | undefined
  /** Milliseconds that a data key is used for sealing. @default 30 days */
  readonly rotateAfter?: number | undefined
  /** Seals per data key and process. @default 2 ** 24 */
  readonly maxSeals?: number | undefined
  readonly cache?: { readonly maxKeys?: number | undefined; readonly maxAge?: number | undefined } | undefined
  readonly now?: (() => number) | undefined
}

/** Envelope encryption of tokens: AES-256-GCM under data keys that a KMS wraps. */
export interface Vault {
  seal(plaintext: string, binding: Binding, options?: CallOptions): Promise<EncryptedToken>
  open(token: EncryptedToken, binding: Binding, options?: CallOptions): Promise<string>
  /** Whether the token is under another KEK, an over-age data key, or an old format. */
  isStale(token: EncryptedToken): boolean
  /** Moves the token to the current KEK; `dataKeyId`, nonce and ciphertext stay as they are. */
  rewrap(token: EncryptedToken, options?: CallOptions): Promise<EncryptedToken>
  /** The current KEK's name, for `TokenStore.list({ keyIdNot })`. */
  readonly keyId: string
}
