import { VaultError } from '../errors.ts'
import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { formatEncryptedKey, malformed, parseEncryptedKey } from './envelope.ts'
import type { Kms } from './kms.ts'
import { callKms } from './kms-call.ts'

/** The part of a token that identifies its data key. */
export type WrappedKey = Pick<EncryptedToken, 'keyId' | 'dataKeyId' | 'encryptedKey'>

/** The KMS that wraps, and the retired ones, which only unwrap. Each call is retried until `timeout` milliseconds have passed. */
export class KeyRing {
  readonly #kms: Kms
  readonly #byName = new Map<string, Kms>()
  readonly #timeout: number

  constructor(kms: Kms, retired: readonly Kms[], timeout: number) {
    this.#kms = kms
    this.#timeout = timeout
    for (const key of [kms, ...retired]) this.#byName.set(key.keyId, key)
  }

  /** The KEK that wraps. */
  get keyId(): string {
    return this.#kms.keyId
  }

  /** Whether a wrapped key under the current KEK may have been made by anyone without the right to use the KEK. */
  get forgeable(): boolean {
    return this.#kms.forgeable === true
  }

  /** A data key wrapped under the current KEK, as stored in a record. The caller overwrites `raw`. */
  async wrap(raw: Uint8Array): Promise<string> {
    return formatEncryptedKey(await callKms((signal) => this.#kms.wrapKey(raw, { signal }), this.#timeout))
  }

  /** The raw data key of a token; the caller overwrites it. @throws VaultError `VAULT_KEY_UNKNOWN`, or that of the KMS */
  async unwrap(token: WrappedKey): Promise<Uint8Array<ArrayBuffer>> {
    const kms = this.#kmsOf(token)
    const wrapped = parseEncryptedKey(token)
    const raw = await callKms((signal) => kms.unwrapKey(wrapped, { signal }), this.#timeout)
    if (!(raw instanceof Uint8Array)) throw malformed()
    const copy = new Uint8Array(raw)
    raw.fill(0)
    return copy
  }

  /** The data key of a token under the current KEK: rewrapped inside the key service if it can, else in this process. */
  async rewrap(token: WrappedKey): Promise<string> {
    const kms = this.#kms
    const source = this.#kmsOf(token)
    const inside = source === kms || kms.canRewrapFrom?.(source) === true
    if (inside && kms.rewrapKey !== undefined) {
      const wrapped = parseEncryptedKey(token)
      const rewrapKey = kms.rewrapKey.bind(kms)
      return formatEncryptedKey(await callKms((signal) => rewrapKey(wrapped, { signal, source }), this.#timeout))
    }
    const raw = await this.unwrap(token)
    try {
      return await this.wrap(raw)
    } finally {
      raw.fill(0)
    }
  }

  #kmsOf(token: WrappedKey): Kms {
    const kms = this.#byName.get(token.keyId)
    if (kms === undefined) {
      throw new VaultError(
        'VAULT_KEY_UNKNOWN',
        'The token is encrypted under a key that is neither current nor retired.',
      )
    }
    return kms
  }
}
