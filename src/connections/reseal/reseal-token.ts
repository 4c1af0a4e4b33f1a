import type { EncryptedToken } from '../../internal/encrypted-token.ts'
import type { CallOptions } from '../../internal/signal.ts'
import type { Vault } from '../../vault/vault.ts'
import type { TokenSeal } from '../records/token-seal.ts'

/** Which token to move, and how. */
interface ResealTokenInput {
  readonly vault: Vault
  readonly seal: TokenSeal
  readonly ownerId: string
  readonly field: 'access' | 'refresh'
  readonly run: CallOptions & { readonly onlyKey?: boolean | undefined; readonly newestVersion?: boolean | undefined }
}

/**
 * Moves one token to the current key: rewraps its data key, and seals the token again if the data key is over age.
 *
 * @returns the same object if there is nothing to do
 */
export async function resealToken(token: EncryptedToken, input: ResealTokenInput): Promise<EncryptedToken> {
  const { vault, seal, ownerId, field, run } = input
  if (run.newestVersion !== true && !vault.isStale(token)) return token
  const rewrap = run.newestVersion === true || token.keyId !== vault.keyId
  const moved = rewrap ? await vault.rewrap(token, run) : token
  if (run.onlyKey === true || !vault.isStale(moved)) return moved
  return seal.seal(ownerId, field, await seal.open(ownerId, field, moved, run))
}
