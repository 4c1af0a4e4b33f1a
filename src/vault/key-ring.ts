import { VaultError } from '../errors.ts'
import {
  checkHeader,
  dataKeyIdOf,
  dataKeyOf,
  madeUnder,
  markIs,
  moved,
  setMark,
  writeHeader,
} from './data-key-header.ts'
import { formatEncryptedKey, malformed, parseEncryptedKey, type WrappedKey } from './envelope.ts'
import type { Kms } from './kms.ts'
import { callKms } from './kms-call.ts'

/** A data key out of its wrapping. */
interface UnwrappedKey {
  /** 32 bytes; the caller overwrites them. */
  readonly dataKey: Uint8Array<ArrayBuffer>
  readonly createdAt: number
  /** Whether it was made under the current KEK and has not been elsewhere, by what the KEK has authenticated. */
  readonly madeHere: boolean
}

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

  /** Whether the KEK of that name may have wrapped what anyone made. True for a name that is not in the ring. */
  isForgeable(keyId: string): boolean {
    const kms = this.#byName.get(keyId)
    return kms === undefined || kms.forgeable === true
  }

  /** A new data key under the current KEK. The caller overwrites `dataKey`. `createdAt` is a whole number. */
  async wrap(dataKey: Uint8Array<ArrayBuffer>, createdAt: number): Promise<WrappedKey> {
    const { keyId } = this.#kms
    const header = writeHeader(dataKey, createdAt, await madeUnder(keyId))
    try {
      return { keyId, dataKeyId: await dataKeyIdOf(dataKey, createdAt), encryptedKey: await this.#wrap(header) }
    } finally {
      header.fill(0)
    }
  }

  /**
   * @throws VaultError `VAULT_KEY_UNKNOWN`, `VAULT_DECRYPT_FAILED` when the record's id is not that of the key, or that
   *   of the KMS
   */
  async unwrap(token: WrappedKey): Promise<UnwrappedKey> {
    const { header, createdAt } = await this.#unwrap(token)
    try {
      const madeHere = token.keyId === this.#kms.keyId && markIs(header, await madeUnder(token.keyId))
      return { dataKey: dataKeyOf(header).slice(), createdAt, madeHere: madeHere && !this.#isMoved(token) }
    } finally {
      header.fill(0)
    }
  }

  /**
   * The data key of a token under the current KEK. From another KEK it comes marked as moved; a newer version of the
   * same KEK keeps the mark. Inside the key service where that can mark it, else in this process.
   */
  async rewrap(token: WrappedKey): Promise<string> {
    const source = this.#kmsOf(token)
    const inside = await this.#rewrapInside(token, source)
    if (inside !== undefined) return inside
    const { header } = await this.#unwrap(token)
    try {
      if (this.#isMoved(token)) setMark(header, await moved())
      return await this.#wrap(header)
    } finally {
      header.fill(0)
    }
  }

  /** `undefined` when the service cannot do it, or gives no sign that it has marked the key as moved. */
  async #rewrapInside(token: WrappedKey, source: Kms): Promise<string | undefined> {
    const kms = this.#kms
    const rewrapKey = kms.rewrapKey?.bind(kms)
    const between = source !== kms
    if (rewrapKey === undefined) return undefined
    if (between && (kms.isMoved === undefined || kms.canRewrapFrom?.(source) !== true)) return undefined
    const encryptedKey = parseEncryptedKey(token)
    const bytes = await callKms((signal) => rewrapKey(encryptedKey, { signal, source }), this.#timeout)
    const rewrapped = formatEncryptedKey(bytes)
    return this.#isMoved(token) && kms.isMoved?.(bytes) !== true ? undefined : rewrapped
  }

  /** Whether a data key that is rewrapped under the current KEK comes from another one, now or before inside the service. */
  #isMoved(token: WrappedKey): boolean {
    return token.keyId !== this.#kms.keyId || this.#kms.isMoved?.(parseEncryptedKey(token)) === true
  }

  async #wrap(header: Uint8Array): Promise<string> {
    return formatEncryptedKey(await callKms((signal) => this.#kms.wrapKey(header, { signal }), this.#timeout))
  }

  /** The header of a token's data key, which belongs to the token's id. The caller overwrites it. */
  async #unwrap(token: WrappedKey): Promise<{ header: Uint8Array<ArrayBuffer>; createdAt: number }> {
    const kms = this.#kmsOf(token)
    const wrapped = parseEncryptedKey(token)
    const given = await callKms((signal) => kms.unwrapKey(wrapped, { signal }), this.#timeout)
    if (!(given instanceof Uint8Array)) throw malformed()
    const header = new Uint8Array(given)
    given.fill(0)
    try {
      return { header, createdAt: await checkHeader(header, token.dataKeyId) }
    } catch (error) {
      header.fill(0)
      throw error
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
