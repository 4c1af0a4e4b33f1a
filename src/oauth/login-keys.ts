import { ConfigError } from '../errors.ts'
import { fromBase64url } from '../internal/bytes.ts'
import { isGuessable } from '../internal/key-strength.ts'
import { plain, Secret } from '../internal/secret.ts'

/** The bytes of a checked login key. */
export type LoginKey = Secret<Uint8Array<ArrayBuffer>>

/**
 * Checks and decodes login keys.
 *
 * @throws ConfigError `CONFIG_LOGIN_KEY`
 */
export function loginKeys(
  keys: readonly (Uint8Array | string | Secret<string | Uint8Array>)[] | undefined,
): readonly LoginKey[] {
  if (!Array.isArray(keys) || keys.length === 0) throw noLoginKeys()
  return keys.map((option: unknown) => {
    const key = plain(option)
    const bytes = typeof key === 'string' ? fromBase64url(key.trim().replace(/=+$/, '')) : key
    if (!(bytes instanceof Uint8Array) || bytes.length !== 32) {
      throw new ConfigError(
        'CONFIG_LOGIN_KEY',
        'Every login key must be 32 bytes, or their base64url (43 characters): run "npx stagedoor keygen".',
      )
    }
    if (isGuessable(bytes)) {
      throw new ConfigError(
        'CONFIG_LOGIN_KEY',
        'A login key is not random, so that it could be guessed: run "npx stagedoor keygen".',
      )
    }
    return new Secret(new Uint8Array(bytes))
  })
}

export function noLoginKeys(): ConfigError {
  return new ConfigError('CONFIG_LOGIN_KEY', 'loginKeys is empty: pass at least one key of 32 bytes, newest first.')
}
