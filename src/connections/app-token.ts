import type { EncryptedToken } from '../internal/encrypted-token.ts'
import type { CallOptions } from '../internal/signal.ts'
import { SingleFlight } from '../internal/single-flight.ts'
import type { TokenSet } from '../oauth/token-set.ts'
import type { Vault } from '../vault/vault.ts'

export interface AppTokenParts {
  readonly clientCredentials: (options?: CallOptions) => Promise<TokenSet>
  readonly vault: Vault
  readonly clientId: string
  readonly provider: string
  /** Milliseconds before its end that a token is replaced. */
  readonly margin: number
  readonly now: () => number
}

/**
 * The application's own token, for calls without a user (client credentials, RFC 6749 §4.4): one per process, sealed in
 * memory, asked for once however many callers wait.
 */
export function createAppToken(
  parts: AppTokenParts,
): (options?: CallOptions & { readonly rejected?: string | undefined }) => Promise<string> {
  const { vault, now, margin } = parts
  const binding = { clientId: parts.clientId, provider: parts.provider, field: 'app' }
  const flight = new SingleFlight<'app', string>()
  let held: { readonly sealed: EncryptedToken; readonly expiresAt: number } | undefined

  return async (options) => {
    if (held !== undefined && now() < held.expiresAt - margin) {
      const token = await vault.open(held.sealed, binding, options)
      if (token !== options?.rejected) return token
    }
    return await flight.run(
      'app',
      async () => {
        const tokens = await parts.clientCredentials()
        const sealed = await vault.seal(tokens.accessToken, binding)
        held = { sealed, expiresAt: tokens.expiresAt }
        return tokens.accessToken
      },
      options?.signal,
    )
  }
}
