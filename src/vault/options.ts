import { ConfigError } from '../errors.ts'
import { utf8 } from '../internal/bytes.ts'
import { wellFormed } from './envelope.ts'
import type { Kms } from './kms.ts'

/** Options of {@link createVault}. */
export interface VaultOptions {
  /** Wraps new data keys. */
  readonly kms: Kms
  /** Earlier keys: they only unwrap. */
  readonly retired?: readonly Kms[] | undefined
  /** Milliseconds that a data key is used for sealing. @default 30 days */
  readonly rotateAfter?: number | undefined
  /** Seals per data key and process. @default 2 ** 24 */
  readonly maxSeals?: number | undefined
  /**
   * After a key-encryption key has leaked: epoch milliseconds. Data keys made earlier count as too old: nothing is sealed
   * with them any more. While it is set, `stagedoor rotate` opens and seals every token that it moves, and carries no data key
   * over.
   */
  readonly notBefore?: number | undefined
  /**
   * Whether this process may seal under a data key that another process made under the same key-encryption key. `false`:
   * it makes its own, and no one who could ever wrap with the key-encryption key can choose a data key for it.
   * @default true
   */
  readonly adopt?: boolean | undefined
  /** Opened data keys in memory. */
  readonly cache?:
    | {
        /** At most so many. @default 1000 */
        readonly maxKeys?: number | undefined
        /** Milliseconds for which each is kept. @default one hour */
        readonly maxAge?: number | undefined
      }
    | undefined
  /** Milliseconds for one operation of the KMS, its retries included. @default 10_000 */
  readonly timeout?: number | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** The checked options of a vault, with all defaults. */
export interface VaultSettings {
  readonly kms: Kms
  readonly retired: readonly Kms[]
  readonly rotateAfter: number
  readonly maxSeals: number
  readonly notBefore: number
  readonly adopt: boolean
  readonly maxKeys: number
  readonly maxAge: number
  readonly timeout: number
  readonly now: () => number
}

/** Milliseconds. Beyond 2^31 - 1 a timer fires at once, and every call of the KMS would fail. */
const maxTimeout = 2 ** 31 - 1
/** Bytes of a key's name that every store can keep. */
const maxKeyId = 512
const day = 24 * 60 * 60_000
const clockTolerance = 5 * 60_000
/** In milliseconds a day of 1973, in seconds one of the year 5138. */
const minTime = 1e11

/** @throws ConfigError `CONFIG_MISSING`, `CONFIG_INVALID` */
export function vaultSettings(options: VaultOptions): VaultSettings {
  const { kms, retired } = checkKeys(options)
  const { now = Date.now, adopt = true } = options
  if (typeof adopt !== 'boolean') throw new ConfigError('CONFIG_INVALID', '`adopt` of a vault is true or false.')
  return {
    kms,
    retired,
    rotateAfter: positive(options.rotateAfter, 30 * day),
    maxSeals: Math.min(positive(options.maxSeals, 2 ** 24), 2 ** 32),
    notBefore: pastTime(options.notBefore ?? 0, now()),
    adopt,
    maxKeys: positive(options.cache?.maxKeys, 1000),
    maxAge: positive(options.cache?.maxAge, day / 24),
    timeout: positive(options.timeout, 10_000, maxTimeout),
    now,
  }
}

function checkKeys(options: VaultOptions): { kms: Kms; retired: readonly Kms[] } {
  const kms: Kms | undefined = options?.kms
  if (!isKms(kms)) throw new ConfigError('CONFIG_MISSING', 'A vault needs a KMS: pass `kms`, for instance localKms().')
  const retired = options.retired ?? []
  for (const { keyId } of [kms, ...retired.filter(isKms)]) {
    // A name that a store would reject must fail here, not after a sign-in has used its code.
    if (utf8(keyId).length <= maxKeyId && wellFormed(keyId) && !keyId.includes('\0')) continue
    throw new ConfigError('CONFIG_INVALID', 'The keyId of a KMS is at most 512 bytes of UTF-8 without NUL.')
  }
  const names = new Set([kms.keyId])
  for (const key of retired) {
    if (!isKms(key)) throw new ConfigError('CONFIG_INVALID', 'Every entry of `retired` must be a KMS.')
    if (names.has(key.keyId)) throw new ConfigError('CONFIG_INVALID', 'Every KMS of a vault needs its own keyId.')
    names.add(key.keyId)
  }
  return { kms, retired }
}

function isKms(value: Kms | undefined): value is Kms {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof value.keyId === 'string' &&
    value.keyId.length >= 1 &&
    value.keyId.length <= 1024 &&
    typeof value.wrapKey === 'function' &&
    typeof value.unwrapKey === 'function'
  )
}

function positive(value: number | undefined, defaultValue: number, max = Number.MAX_VALUE): number {
  const number = value ?? defaultValue
  if (number >= 1 && number <= max) return number
  throw new ConfigError('CONFIG_INVALID', 'The numbers of a vault must be finite and at least 1.')
}

// With a time in the future, tokens would be stale as soon as they are sealed; with one in seconds, none ever would.
function pastTime(value: number, now: number): number {
  const inSeconds = value > 0 && value < minTime
  if (Number.isFinite(value) && value <= now + clockTolerance && !inSeconds) return value
  throw new ConfigError('CONFIG_INVALID', '`notBefore` must be a time in epoch milliseconds, and not in the future.')
}
