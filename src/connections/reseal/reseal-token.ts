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
 * Moves one token to the current key: rewraps its data key, or seals the token again if the data key is over age or may be
 * known to someone else.
 *
 * @returns the same object if there is nothing to do
 */
export async function resealToken(token: EncryptedToken, input: ResealTokenInput): Promise<EncryptedToken> {
  const { vault, seal, ownerId, field, run } = input
  const rewrap = run.newestVersion === true || token.keyId !== vault.keyId
  const overAge = run.onlyKey !== true && vault.isStale({ ...token, keyId: vault.keyId })
  if (!rewrap && !overAge) return token
  if (!overAge && vault.canRewrap(token)) return await vault.rewrap(token, run)
  return await seal.seal(ownerId, field, await seal.open(ownerId, field, token, run))
}
