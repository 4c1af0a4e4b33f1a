import type { EncryptedToken } from '../../internal/encrypted-token.ts'
import type { CallOptions } from '../../internal/signal.ts'
import type { Provider } from '../../oauth/provider.ts'
import type { TokenStore } from '../../stores/store.ts'
import type { Binding, Vault } from '../../vault/vault.ts'
import type { ConnectionFacts } from './record.ts'
import { createSharedDataKey } from './shared-data-key.ts'

type Field = 'access' | 'refresh'

/** Seals and opens tokens, bound to the application, the provider, the owner that the caller names, and the field. */
export interface TokenSeal {
  seal(ownerId: string, field: Field, token: string): Promise<EncryptedToken>
  open(ownerId: string, field: Field, token: EncryptedToken, options?: CallOptions): Promise<string>
  /**
   * Fails if sealing would fail. Called before a code or refresh token is spent, whose response could otherwise not be
   * stored. Agrees on a data key with the other processes before the first seal.
   */
  ready(ownerId: string): Promise<void>
  /** Seals under a data key that is wrapped now from here on. */
  renew(): Promise<void>
  isStale(token: EncryptedToken): boolean
  /** Whether two records hold the same refresh token, however it is sealed. */
  sameRefreshToken(a: ConnectionFacts, b: ConnectionFacts): Promise<boolean>
}

export function createTokenSeal(settings: {
  readonly vault: Vault
  readonly clientId: string
  readonly provider: Provider
  readonly store?: TokenStore | undefined
  readonly now?: (() => number) | undefined
}): TokenSeal {
  const { vault, clientId } = settings
  const binding = (ownerId: string, field: Field): Binding => ({
    clientId,
    provider: settings.provider.id,
    ownerId,
    field,
  })
  const dataKey = createSharedDataKey(settings)
  const self: TokenSeal = {
    seal: (ownerId, field, token) => vault.seal(token, binding(ownerId, field)),
    open: (ownerId, field, token, options) => vault.open(token, binding(ownerId, field), options),
    async ready(ownerId) {
      await dataKey.share()
      await vault.seal('ready', binding(ownerId, 'access'))
    },
    renew: () => dataKey.renew(),
    isStale: (token) => vault.isStale(token),
    async sameRefreshToken(a, b) {
      const [one, other] = [a.refreshToken, b.refreshToken]
      if (one === undefined || other === undefined) return one === other
      // The id commits to one data key, under which one ciphertext has one text.
      const same = (['dataKeyId', 'nonce', 'encryptedData'] as const).every((field) => one[field] === other[field])
      if (same) return true
      const [first, second] = await Promise.all([
        self.open(a.ownerId, 'refresh', one),
        self.open(b.ownerId, 'refresh', other),
      ])
      return first === second
    },
  }
  return self
}
