import { ConfigError } from '../errors.ts'
import { fromBase64url } from '../internal/bytes.ts'

/** A checked login key. The bytes are not enumerable, so that printing the object does not show them. */
export interface LoginKey {
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * Checks and decodes login keys.
 *
 * @throws ConfigError `CONFIG_LOGIN_KEY`
 */
export function loginKeys(keys: readonly (Uint8Array | string)[] | undefined): readonly LoginKey[] {
  if (!Array.isArray(keys) || keys.length === 0) throw noLoginKeys()
  return keys.map((key: unknown) => {
    const bytes = typeof key === 'string' ? fromBase64url(key.trim().replace(/=+$/, '')) : key
    if (!(bytes instanceof Uint8Array) || bytes.length !== 32) {
      throw new ConfigError(
        'CONFIG_LOGIN_KEY',
        'Every login key must be 32 bytes, or their base64url encoding (43 characters).',
      )
    }
    if (bytes.every((byte) => byte === bytes[0])) {
      throw new ConfigError('CONFIG_LOGIN_KEY', 'A login key must be random: this one repeats a single byte.')
    }
    return Object.defineProperty({}, 'bytes', { value: new Uint8Array(bytes) }) as LoginKey
  })
}

export function noLoginKeys(): ConfigError {
  return new ConfigError('CONFIG_LOGIN_KEY', 'loginKeys is empty: pass at least one key of 32 bytes, newest first.')
}
