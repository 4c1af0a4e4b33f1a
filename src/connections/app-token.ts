import { LoginError } from '../errors.ts'
import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { abortable, type CallOptions, deadline } from '../internal/signal.ts'
import { SingleFlight } from '../internal/single-flight.ts'
import type { TokenSet } from '../oauth/token-set.ts'
import type { Vault } from '../vault/vault.ts'

export interface AppTokenParts {
  readonly clientCredentials: (options?: CallOptions) => Promise<TokenSet>
  readonly vault: Vault
  readonly clientId: string
  readonly provider: string
  /** Milliseconds before its end that a token is replaced, or half of its life if that is shorter. */
  readonly margin: number
  /** Milliseconds that one token request may take. */
  readonly timeout: number
  readonly now: () => number
}

type AppTokenOptions = CallOptions & { readonly rejected?: string | undefined }

interface Held {
  readonly sealed: EncryptedToken
  readonly expiresAt: number
  readonly dueAt: number
}

/** Milliseconds after a failed request in which a token that lives is used without asking again. */
const pause = 10_000

/**
 * The application's own token, for calls without a user (client credentials, RFC 6749 §4.4): one per process, sealed in
 * memory, asked for once however many callers wait, and used to its end while no new one is to be had.
 */
export function createAppToken(parts: AppTokenParts): (options?: AppTokenOptions) => Promise<string> {
  const { vault, now, margin, timeout } = parts
  const binding = { clientId: parts.clientId, provider: parts.provider, field: 'app' }
  const flight = new SingleFlight<'app', string>()
  let held: Held | undefined
  let failedAt = Number.NEGATIVE_INFINITY

  async function heldToken(options: AppTokenOptions | undefined): Promise<string | undefined> {
    if (held === undefined || now() >= held.expiresAt) return undefined
    const token = await vault.open(held.sealed, binding, options)
    return token === options?.rejected ? undefined : token
  }

  async function renew(): Promise<string> {
    const limit = deadline(timeout, undefined, tooSlow)
    const askedAt = now()
    try {
      const tokens = await abortable(parts.clientCredentials({ signal: limit.signal }), limit.signal)
      const { accessToken, expiresAt } = tokens
      const dueAt = expiresAt - Math.min(margin, (expiresAt - askedAt) / 2)
      held = { sealed: await vault.seal(accessToken, binding), expiresAt, dueAt }
      return accessToken
    } catch (error) {
      failedAt = now()
      throw error
    } finally {
      limit.done()
    }
  }

  return async (options) => {
    const resting = Math.abs(now() - failedAt) < pause
    if (held !== undefined && (resting || now() < held.dueAt)) {
      const token = await heldToken(options)
      if (token !== undefined) return token
    }
    try {
      return await flight.run('app', renew, options?.signal)
    } catch (error) {
      options?.signal?.throwIfAborted()
      const token = await heldToken(options).catch(() => undefined)
      if (token === undefined) throw error
      return token
    }
  }
}

function tooSlow(): LoginError {
  return new LoginError('LOGIN_UNAVAILABLE', 'The token endpoint did not answer in time.')
}
