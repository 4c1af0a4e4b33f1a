import { base64url, randomBytes } from '../internal/bytes.ts'

/**
 * One sign-in in progress. It is secret: keep it where only the browser that started the sign-in can present it again,
 * and use it once. It is plain data, so that it can be stored.
 */
export interface LoginTransaction {
  /** Identifies the transaction: the first 16 characters of `state`. */
  readonly id: string
  /** The `state` parameter: 36 random bytes as base64url. */
  readonly state: string
  /** PKCE code verifier, RFC 7636 §4.1. */
  readonly codeVerifier: string
  readonly redirectUri: string
  /** The requested scopes. */
  readonly scopes: readonly string[]
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** How long a sign-in may take, in milliseconds. */
export const transactionLifetime = 600_000

/** Creates a random `state` and the transaction id that it begins with. */
export function createState(): { readonly id: string; readonly state: string } {
  const state = base64url(randomBytes(36))
  return { id: state.slice(0, 16), state }
}

/** The id of the transaction that a callback belongs to, if its `state` has the format of {@link createState}. */
export function transactionIdOf(callback: URL): string | undefined {
  const states = callback.searchParams.getAll('state')
  const state = states[0]
  return states.length === 1 && state !== undefined && /^[\w-]{48}$/.test(state) ? state.slice(0, 16) : undefined
}
