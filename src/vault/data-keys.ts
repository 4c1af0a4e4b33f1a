import { VaultError } from '../errors.ts'
import { randomBytes } from '../internal/bytes.ts'
import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { abortable } from '../internal/signal.ts'
import { Adoption, isFresh, isUsable } from './adoption.ts'
import { importKey } from './cipher.ts'
import { dataKeyCreatedAt, parseWrappedKey, type WrappedKey } from './envelope.ts'
import { KeyRing } from './key-ring.ts'
import { cacheName, type OpenedKey, OpenedKeys } from './opened-keys.ts'
import type { VaultSettings } from './options.ts'
import { RewrappedKeys } from './rewrapped-keys.ts'
import { SweepTimer } from './sweep-timer.ts'

/** The data key that seals. */
interface ActiveKey extends WrappedKey {
  readonly key: CryptoKey
  readonly createdAt: number
}

const maxRenewalLead = 60 * 60_000
const renewalInterval = 30_000

/** The data keys of one vault: the active one, the opened ones, and the calls to the KMS that provide them. */
export class DataKeys {
  readonly #settings: VaultSettings
  readonly #ring: KeyRing
  readonly #opened: OpenedKeys
  readonly #adoption: Adoption
  readonly #timer: SweepTimer
  readonly #rewrapped: RewrappedKeys
  readonly #renewAge: number
  readonly #renewSeals: number
  #active: ActiveKey | undefined
  #activeSince: number | undefined
  #seals = 0
  #renewal: Promise<ActiveKey> | undefined
  #renewedAt = Number.NEGATIVE_INFINITY
  /** New with every `close`: a call of the KMS that was under way then leaves nothing behind. */
  #epoch = 0

  constructor(settings: VaultSettings) {
    const { kms, retired, timeout, maxAge, now, rotateAfter, maxSeals } = settings
    this.#settings = settings
    this.#renewAge = rotateAfter - Math.min(maxRenewalLead, rotateAfter / 20)
    this.#renewSeals = maxSeals - Math.floor(maxSeals / 20)
    this.#ring = new KeyRing(kms, retired, timeout)
    this.#opened = new OpenedKeys(this.#ring, settings, () => this.#timer.arm(maxAge))
    this.#adoption = new Adoption(settings, this.#ring)
    this.#rewrapped = new RewrappedKeys(this.#ring, this.#opened, settings)
    this.#timer = new SweepTimer(() => this.#sweep(), now)
  }

  /** Epoch milliseconds at which the latest active key was created. */
  get activeSince(): number | undefined {
    return this.#activeSince
  }

  /** The key that seals, if it is in memory. */
  get active(): ActiveKey | undefined {
    const active = this.#active
    if (active === undefined || this.#seals >= this.#settings.maxSeals) return undefined
    return isFresh(this.#settings, active.createdAt) ? active : undefined
  }

  /** Whether a data key that another process made may seal here. */
  get adopts(): boolean {
    return this.#adoption.allowed
  }

  /** The key to seal one token with, if it is in memory. Counts the seal. */
  takeActive(): ActiveKey | undefined {
    const { active } = this
    if (active === undefined) return undefined
    const age = this.#settings.now() - active.createdAt
    if (age >= this.#renewAge || this.#seals >= this.#renewSeals) this.#renewAhead()
    return this.#count(active)
  }

  /** The key to seal one token with, after it was renewed. Counts the seal. */
  async takeRenewed(signal?: AbortSignal): Promise<ActiveKey> {
    for (;;) {
      const renewed = await abortable(this.#renew(), signal)
      // The age is not checked: a key that takes longer to get than its maximum age would be requested for ever.
      const active = this.#active
      // Closed meanwhile: this call still has its key, which is not kept.
      if (active === undefined) return renewed
      if (this.#seals < this.#settings.maxSeals) return this.#count(active)
    }
  }

  /** The key that seals next, adopted or made if there is none. `fresh`: made now in any case. */
  async prepare(fresh: boolean, signal?: AbortSignal): Promise<WrappedKey> {
    if (!fresh) return this.active ?? (await abortable(this.#renew(), signal))
    // What was rewrapped before may be under an older version of the KEK.
    this.#rewrapped.clear()
    // Again where a seal has begun one meanwhile, which may adopt.
    do await this.#renewed(signal)
    while (this.#renewal !== undefined)
    const made = await abortable(this.#renew(fresh), signal)
    // No older one takes its place before its first seal.
    this.#adoption.sealedWith(made.createdAt)
    return made
  }

  /**
   * Seals under a data key of another process from now on, if it may be adopted. Unlike one that was found in a token,
   * it also replaces a newer one with which this process has not sealed yet.
   */
  async offer(wrapped: WrappedKey, signal?: AbortSignal): Promise<boolean> {
    const epoch = this.#epoch
    try {
      parseWrappedKey(wrapped)
      if (!this.#adoption.mayFit(wrapped)) return false
      const opened = this.cached(cacheName(wrapped)) ?? (await this.unwrapped(wrapped, signal))
      await this.#renewed(signal)
      if (epoch !== this.#epoch || !this.#adoption.admits(opened)) return false
      const { key, createdAt } = opened
      const candidate = this.#adoption.candidate
      if (this.#active === undefined && candidate !== undefined && candidate.createdAt > createdAt) return false
      const { keyId, dataKeyId, encryptedKey } = wrapped
      this.#activate({ keyId, dataKeyId, encryptedKey, key, createdAt })
      return true
    } catch (error) {
      if (!(error instanceof VaultError) || error.retryable) throw error
      return false
    }
  }

  /** The key of that {@link cacheName}, if it is in memory. */
  cached(name: string): OpenedKey | undefined {
    return this.#opened.get(name)
  }

  /** The key that a token was sealed with. One KMS call for all concurrent callers. */
  async unwrapped(token: WrappedKey, signal?: AbortSignal): Promise<OpenedKey> {
    const opened = await this.#opened.unwrapped(token, signal)
    this.#adoption.consider(token, opened)
    return opened
  }

  /** Whether new tokens would not use this key: another KEK, or too old. */
  isStale(token: EncryptedToken): boolean {
    const usable = isUsable(this.#settings, dataKeyCreatedAt(token.dataKeyId))
    return token.keyId !== this.#ring.keyId || !usable
  }

  /** Whether rewrapping carries over no data key that someone else may know. */
  canRewrap(token: EncryptedToken): boolean {
    return this.#settings.notBefore <= 0 && !this.#ring.isForgeable(token.keyId)
  }

  /** The token's data key, wrapped under the current KEK. */
  rewrap(token: EncryptedToken, signal?: AbortSignal): Promise<string> {
    return this.#rewrapped.get(token, signal)
  }

  /** Drops every key. A later call gets its key from the KMS again. */
  close(): void {
    this.#epoch++
    this.#timer.stop()
    this.#opened.clear()
    this.#rewrapped.clear()
    this.#adoption.clear()
    this.#active = undefined
    this.#activeSince = undefined
  }

  #count(active: ActiveKey): ActiveKey {
    if (this.#seals++ === 0) this.#adoption.sealedWith(active.createdAt)
    return active
  }

  #activate(active: ActiveKey): void {
    this.#active = active
    this.#activeSince = active.createdAt
    this.#seals = 0
    this.#timer.arm(this.#settings.rotateAfter)
  }

  #renew(fresh = false): Promise<ActiveKey> {
    this.#renewal ??= this.#replaceActive(fresh).finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  /** Resolves when no renewal is under way. */
  async #renewed(signal: AbortSignal | undefined): Promise<void> {
    while (this.#renewal !== undefined)
      await abortable(
        this.#renewal.catch(() => {}),
        signal,
      )
  }

  /** Creates the next data key while the current one is still valid, so that no seal has to wait. */
  #renewAhead(): void {
    const now = this.#settings.now()
    if (this.#renewal !== undefined || Math.abs(now - this.#renewedAt) < renewalInterval) return
    this.#renewedAt = now
    this.#renew().catch(() => {})
  }

  async #replaceActive(fresh: boolean): Promise<ActiveKey> {
    const epoch = this.#epoch
    const active = (fresh ? undefined : await this.#adopt()) ?? (await this.#create())
    if (epoch === this.#epoch) this.#activate(active)
    return active
  }

  async #adopt(): Promise<ActiveKey | undefined> {
    const candidate = this.#adoption.take()
    if (candidate === undefined) return undefined
    try {
      const { key } = this.cached(cacheName(candidate)) ?? (await this.#opened.unwrapped(candidate))
      return { ...candidate, key }
    } catch (error) {
      if (!(error instanceof VaultError) || !error.retryable) return undefined
      // The service is unavailable: creating a key would fail after the same timeout.
      this.#adoption.putBack(candidate)
      throw error
    }
  }

  async #create(): Promise<ActiveKey> {
    const epoch = this.#epoch
    const raw = randomBytes(32)
    try {
      const createdAt = Math.max(0, Math.floor(this.#settings.now()))
      const wrapped = await this.#ring.wrap(raw, createdAt)
      const key = await importKey(raw)
      if (epoch === this.#epoch) this.#opened.add(wrapped, { key, createdAt, madeHere: true })
      return { ...wrapped, key, createdAt }
    } finally {
      raw.fill(0)
    }
  }

  /** Drops keys that have expired, the active one included. Returns the milliseconds until the next one does. */
  #sweep(): number | undefined {
    const next = this.#opened.purge()
    if (this.#active === undefined) return next
    const { createdAt } = this.#active
    const left = createdAt + this.#settings.rotateAfter - this.#settings.now()
    if (isFresh(this.#settings, createdAt)) return Math.min(next ?? left, left)
    this.#active = undefined
    return next
  }
}
