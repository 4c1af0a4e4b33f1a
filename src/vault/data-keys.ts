import { VaultError } from '../errors.ts'
import { randomBytes } from '../internal/bytes.ts'
import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { ExpiringMap } from '../internal/expiring-map.ts'
import { abortable } from '../internal/signal.ts'
import { SingleFlight } from '../internal/single-flight.ts'
import { importKey } from './cipher.ts'
import { dataKeyCreatedAt, newDataKeyId } from './envelope.ts'
import { KeyRing, type WrappedKey } from './key-ring.ts'
import type { Kms } from './kms.ts'

/** The data key that seals. */
interface ActiveKey extends WrappedKey {
  readonly key: CryptoKey
}

/** A data key that opens tokens. */
interface OpenKey {
  readonly key: CryptoKey
  /** Set after the first token was opened with it: this proves that key and id belong together. */
  proven: boolean
}

interface DataKeysOptions {
  readonly kms: Kms
  readonly retired: readonly Kms[]
  readonly rotateAfter: number
  readonly maxSeals: number
  readonly notBefore: number
  readonly maxKeys: number
  readonly maxAge: number
  readonly timeout: number
  readonly now: () => number
}

const clockTolerance = 24 * 60 * 60_000
const maxRenewalLead = 60 * 60_000
const renewalInterval = 30_000
const maxRewrapped = 10_000

/** The data keys of one vault: the active one, the opened ones, and the calls to the KMS that provide them. */
export class DataKeys {
  readonly #options: DataKeysOptions
  readonly #ring: KeyRing
  readonly #opened: ExpiringMap<string, OpenKey>
  readonly #opening = new SingleFlight<string, OpenKey>()
  readonly #rewrapped: ExpiringMap<string, string>
  readonly #rewrapping = new SingleFlight<string, string>()
  readonly #renewAge: number
  readonly #renewSeals: number
  #active: (ActiveKey & { readonly createdAt: number }) | undefined
  #seals = 0
  #candidate: (WrappedKey & { readonly createdAt: number }) | undefined
  #renewal: Promise<void> | undefined
  #renewedAt = Number.NEGATIVE_INFINITY

  constructor(options: DataKeysOptions) {
    const { kms, retired, timeout, maxKeys, maxAge, now } = options
    const { rotateAfter, maxSeals } = options
    this.#options = options
    this.#renewAge = rotateAfter - Math.min(maxRenewalLead, rotateAfter / 20)
    this.#renewSeals = maxSeals - Math.floor(maxSeals / 20)
    this.#ring = new KeyRing(kms, retired, timeout)
    this.#opened = new ExpiringMap({ maxSize: maxKeys, maxAge, now })
    this.#rewrapped = new ExpiringMap({ maxSize: maxRewrapped, maxAge, now })
  }

  /** Epoch milliseconds at which the active key was created. */
  get activeSince(): number | undefined {
    return this.#active?.createdAt
  }

  /** The key to seal one token with, if it is in memory. Counts the seal. */
  takeActive(): ActiveKey | undefined {
    const active = this.#active
    if (active === undefined || this.#seals >= this.#options.maxSeals) return undefined
    const age = this.#options.now() - active.createdAt
    if (!this.#usableAt(age)) return undefined
    if (age >= this.#renewAge || this.#seals >= this.#renewSeals) this.#renewAhead()
    this.#seals++
    return active
  }

  /** The key to seal one token with, after it was renewed. Counts the seal. */
  async takeRenewed(signal?: AbortSignal): Promise<ActiveKey> {
    for (;;) {
      await abortable(this.#renew(), signal)
      // The age is not checked: a key that takes longer to get than its maximum age would be requested for ever.
      const active = this.#active
      if (active !== undefined && this.#seals < this.#options.maxSeals) {
        this.#seals++
        return active
      }
    }
  }

  /** The key of that {@link cacheName}, if it is in memory. */
  cached(name: string): OpenKey | undefined {
    return this.#opened.get(name)
  }

  /** The key that a token was sealed with. One KMS call for all concurrent callers. */
  unwrapped(token: WrappedKey, signal?: AbortSignal): Promise<OpenKey> {
    const name = cacheName(token)
    return this.#opening.run(name, () => this.#unwrap(token, name), signal)
  }

  /** Marks `key` as proven after a token was opened with it: it may be used for sealing from now on. */
  prove(token: EncryptedToken, key: OpenKey): void {
    key.proven = true
    if (token.keyId !== this.#ring.keyId || this.#ring.forgeable) return
    const createdAt = dataKeyCreatedAt(token.dataKeyId)
    if (!this.#usable(createdAt) || createdAt <= (this.#candidate?.createdAt ?? Number.NEGATIVE_INFINITY)) return
    const { keyId, dataKeyId, encryptedKey } = token
    this.#candidate = { keyId, dataKeyId, encryptedKey, createdAt }
  }

  /** Whether new tokens would not use this key: another KEK, or too old. */
  isStale(token: EncryptedToken): boolean {
    const usable = this.#usable(dataKeyCreatedAt(token.dataKeyId))
    return token.keyId !== this.#ring.keyId || !usable
  }

  /** The token's data key, wrapped under the current KEK. One KMS call for each wrapped key while it is cached. */
  async rewrap(token: EncryptedToken, signal?: AbortSignal): Promise<string> {
    dataKeyCreatedAt(token.dataKeyId)
    const name = cacheName(token)
    const known = this.#rewrapped.get(name)
    return known ?? this.#rewrapping.run(name, () => this.#rewrapKey(token, name), signal)
  }

  #renew(): Promise<void> {
    this.#renewal ??= this.#replaceActive().finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  /** Creates the next data key while the current one is still valid, so that no seal has to wait. */
  #renewAhead(): void {
    const now = this.#options.now()
    if (this.#renewal !== undefined || Math.abs(now - this.#renewedAt) < renewalInterval) return
    this.#renewedAt = now
    this.#renew().catch(() => {})
  }

  async #replaceActive(): Promise<void> {
    this.#active = (await this.#adopt()) ?? (await this.#create())
    this.#seals = 0
  }

  async #adopt(): Promise<(ActiveKey & { createdAt: number }) | undefined> {
    const candidate = this.#candidate
    this.#candidate = undefined
    const oldest = this.#active?.createdAt ?? Number.NEGATIVE_INFINITY
    if (candidate === undefined || candidate.createdAt <= oldest || !this.#usable(candidate.createdAt)) return undefined
    try {
      const { key } = this.cached(cacheName(candidate)) ?? (await this.unwrapped(candidate))
      return { ...candidate, key }
    } catch (error) {
      if (!(error instanceof VaultError) || !error.retryable) return undefined
      // The service is unavailable: creating a key would fail after the same timeout.
      this.#candidate ??= candidate
      throw error
    }
  }

  async #create(): Promise<ActiveKey & { createdAt: number }> {
    const raw = randomBytes(32)
    try {
      const encryptedKey = await this.#ring.wrap(raw)
      const createdAt = this.#options.now()
      const wrapped = { keyId: this.#ring.keyId, dataKeyId: newDataKeyId(createdAt), encryptedKey }
      const key = await importKey(raw)
      this.#opened.set(cacheName(wrapped), { key, proven: true })
      return { ...wrapped, key, createdAt }
    } finally {
      raw.fill(0)
    }
  }

  async #unwrap(token: WrappedKey, name: string): Promise<OpenKey> {
    dataKeyCreatedAt(token.dataKeyId)
    const opened = { key: await importKey(await this.#ring.unwrap(token)), proven: false }
    this.#opened.set(name, opened)
    return opened
  }

  async #rewrapKey(token: WrappedKey, name: string): Promise<string> {
    const encryptedKey = await this.#ring.rewrap(token)
    const opened = this.#opened.get(name)
    if (opened !== undefined) this.#opened.set(cacheName({ ...token, keyId: this.#ring.keyId, encryptedKey }), opened)
    this.#rewrapped.set(name, encryptedKey)
    return encryptedKey
  }

  #usable(createdAt: number): boolean {
    return createdAt >= this.#options.notBefore && this.#usableAt(this.#options.now() - createdAt)
  }

  #usableAt(age: number): boolean {
    return age < this.#options.rotateAfter && age > -clockTolerance
  }
}

/** The cache key of a data key. All three parts: it must not open a token that names another KEK or another wrapped key. */
export function cacheName({ keyId, dataKeyId, encryptedKey }: WrappedKey): string {
  return `${dataKeyId} ${encryptedKey} ${keyId}`
}
