/**
 * Envelope encryption of tokens, on its own.
 *
 * @example
 * ```ts
 * import { createVault, localKms } from 'stagedoor/vault'
 *
 * const vault = createVault({ kms: localKms({ keyId: 'main', key: process.env.STAGEDOOR_VAULT_KEY }) })
 * ```
 *
 * @module
 */

export { isStagedoorError, VaultError, type VaultErrorCode } from '../errors.ts'
export type { EncryptedToken } from '../internal/encrypted-token.ts'
export { Secret } from '../internal/secret.ts'
export type { CallOptions } from '../internal/signal.ts'
export { type LocalKmsOptions, localKms, type OctetKey } from './kms/local.ts'
export type { Kms, RewrapOptions } from './kms.ts'
export { type Binding, createVault, type Vault, type VaultOptions, type WrappedKey } from './vault.ts'
