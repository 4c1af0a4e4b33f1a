import { LoginError } from '../errors.ts'
import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { abortable, type CallOptions } from '../internal/signal.ts'
import { SingleFlight } from '../internal/single-flight.ts'
import { timeoutSignal } from '../internal/timeout.ts'
import type { TokenSet } from './token-set.ts'

/** Encrypts the token while it waits in memory. A `Vault` is one. */
interface TokenCipher {
  seal(plaintext: string, binding: Readonly<Record<string, string>>): Promise<EncryptedToken>
  open(token: EncryptedToken, binding: Readonly<Record<string, string>>, options?: CallOptions): Promise<string>
}

interface AppTokenParts {
  readonly clientCredentials: (options?: CallOptions) => Promise<TokenSet>
  readonly cipher: TokenCipher
  readonly clientId: string
  readonly provider: string
  /** Milliseconds before its expiry at which a token is replaced, or half of its lifetime if that is shorter. */
  readonly margin: number
  /** Milliseconds that one token request may take. */
  readonly timeout: number
  readonly now: () => number
}

type AppTokenOptions = CallOptions & { readonly rejected?: string | undefined }

interface SealedToken {
  readonly sealed: EncryptedToken
  readonly expiresAt: number
  readonly renewAt: number
}

/** Milliseconds after a failed request in which a valid token is used without another request. */
const pause = 10_000

/**
 * The application's own token, for calls without a user (client credentials, RFC 6749 §4.4): one per process, sealed in
 * memory, requested once however many callers wait, and used until it expires while no new one can be had.
 */
export function createAppToken(parts: AppTokenParts): (options?: AppTokenOptions) => Promise<string> {
  const { cipher, now, margin, timeout } = parts
  const binding = { clientId: parts.clientId, provider: parts.provider, field: 'app' }
  const flight = new SingleFlight<'app', string>()
  let current: SealedToken | undefined
  let failedAt = Number.NEGATIVE_INFINITY

  async function currentToken(options: AppTokenOptions | undefined): Promise<string | undefined> {
    if (current === undefined || now() >= current.expiresAt) return undefined
    const token = await cipher.open(current.sealed, binding, options)
    return token === options?.rejected ? undefined : token
  }

  async function renew(): Promise<string> {
    const limit = timeoutSignal(timeout, undefined, timeoutError)
    const requestedAt = now()
    try {
      const tokens = await abortable(parts.clientCredentials({ signal: limit.signal }), limit.signal)
      const { accessToken, expiresAt } = tokens
      const renewAt = expiresAt - Math.min(margin, (expiresAt - requestedAt) / 2)
      current = { sealed: await cipher.seal(accessToken, binding), expiresAt, renewAt }
      return accessToken
    } catch (error) {
      failedAt = now()
      throw error
    } finally {
      limit.done()
    }
  }

  return async (options) => {
    const paused = Math.abs(now() - failedAt) < pause
    if (current !== undefined && (paused || now() < current.renewAt)) {
      const token = await currentToken(options)
      if (token !== undefined) return token
    }
    try {
      return await flight.run('app', renew, options?.signal)
    } catch (error) {
      options?.signal?.throwIfAborted()
      const token = await currentToken(options).catch(() => undefined)
      if (token === undefined) throw error
      return token
    }
  }
}

function timeoutError(): LoginError {
  return new LoginError('LOGIN_UNAVAILABLE', 'The token endpoint did not respond in time.')
}
