import { invalidArgument } from '../../errors.ts'
import { base64url, randomBytes } from '../../internal/bytes.ts'
import { text, time } from './values.ts'

const isKey = text(255)
const maxBytes = 65_536

/** Throws an `INVALID_ARGUMENT` `TypeError` unless every database can keep a state under this key. */
export function checkStateKey(key: string): void {
  if (!isKey(key)) throw invalidArgument('A key must be 1 to 255 bytes of UTF-8 without NUL.')
}

/** Throws an `INVALID_ARGUMENT` `TypeError` for an entry that not every database can keep. Returns its new revision. */
export function newStateRevision(key: string, bytes: Uint8Array, expiresAt: number): string {
  checkStateKey(key)
  if (!(bytes instanceof Uint8Array && bytes.length <= maxBytes))
    throw invalidArgument('bytes is a Uint8Array of at most 64 KiB.')
  if (!time(expiresAt)) throw invalidArgument('expiresAt must be whole epoch milliseconds.')
  return base64url(randomBytes(18))
}
