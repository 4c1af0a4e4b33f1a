import { invalidArgument } from '../../errors.ts'
import { base64url, randomBytes } from '../../internal/bytes.ts'
import { text, time } from './values.ts'

const isName = text(255)

/** The nonce of a claim: the caller's, or one that no other call has. */
export function claimNonce(marker: string, expiresAt: number, nonce: string | undefined): string {
  if (!isName(marker)) throw invalidArgument('A marker must be 1 to 255 bytes of UTF-8 without NUL.')
  if (!time(expiresAt)) throw invalidArgument('expiresAt must be whole epoch milliseconds.')
  if (nonce !== undefined && !text(64)(nonce)) throw invalidArgument('A nonce must be 1 to 64 bytes without NUL.')
  return nonce ?? base64url(randomBytes(18))
}

/**
 * When a marker expires. A marker that has already expired comes from a clock behind this one:
 * it is kept for an hour, so that it still works only once.
 */
export function claimExpiry(expiresAt: number, now: number): number {
  return expiresAt > now ? expiresAt : now + 3_600_000
}
