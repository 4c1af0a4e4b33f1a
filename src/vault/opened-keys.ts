import { VaultError } from '../errors.ts'
import { ExpiringMap } from '../internal/expiring-map.ts'
import { SingleFlight } from '../internal/single-flight.ts'
import { importKey } from './cipher.ts'
import { dataKeyCreatedAt, type WrappedKey } from './envelope.ts'
import type { KeyRing } from './key-ring.ts'
import type { VaultSettings } from './options.ts'

/** A data key that opens tokens. */
export interface OpenedKey {
  readonly key: CryptoKey
  readonly createdAt: number
  /** Whether it was made under the current KEK and has not been elsewhere. */
  readonly madeHere: boolean
}

/** Milliseconds for which the failure of a wrapped key is remembered, and how many are. */
const failureAge = 60_000
const maxFailures = 1000

/** The opened data keys, and the failures of those that cannot be opened. */
export class OpenedKeys {
  readonly #ring: KeyRing
  readonly #keys: ExpiringMap<string, OpenedKey>
  readonly #failures: ExpiringMap<string, VaultError>
  readonly #flights = new SingleFlight<string, OpenedKey>()
  readonly #onAdded: () => void
  /** New with every `clear`: a call of the KMS that was under way then leaves nothing behind. */
  #epoch = 0

  /** @param onAdded called when a key is added: it has to be dropped in `maxAge` milliseconds */
  constructor(
    ring: KeyRing,
    { maxKeys, maxAge, now }: Pick<VaultSettings, 'maxKeys' | 'maxAge' | 'now'>,
    onAdded: () => void,
  ) {
    this.#ring = ring
    this.#keys = new ExpiringMap({ maxSize: maxKeys, maxAge, now })
    this.#failures = new ExpiringMap({ maxSize: maxFailures, maxAge: failureAge, now })
    this.#onAdded = onAdded
  }

  /** The key of that {@link cacheName}, if it is in memory. */
  get(name: string): OpenedKey | undefined {
    return this.#keys.get(name)
  }

  add(wrapped: WrappedKey, opened: OpenedKey): void {
    this.#keys.set(cacheName(wrapped), opened)
    this.#onAdded()
  }

  /** Keeps the key of a token for the rewrapped token too, for as long as it had been kept anyway. */
  alias(token: WrappedKey, rewrapped: WrappedKey): void {
    this.#keys.copy(cacheName(token), cacheName(rewrapped))
  }

  /** The key that a token was sealed with. One KMS call for all concurrent callers. */
  unwrapped(token: WrappedKey, signal?: AbortSignal): Promise<OpenedKey> {
    const name = cacheName(token)
    return this.#flights.run(name, () => this.remembered(name, () => this.#unwrap(token)), signal)
  }

  /** The result of `work`, or the failure that it ended with less than a minute ago. */
  async remembered<T>(name: string, work: () => Promise<T>): Promise<T> {
    const failure = this.#failures.get(name)
    if (failure !== undefined) throw failure
    const epoch = this.#epoch
    try {
      return await work()
    } catch (error) {
      if (isFinal(error) && epoch === this.#epoch) this.#failures.set(name, error)
      throw error
    }
  }

  /** Drops what has expired. Returns the milliseconds until the next key expires. */
  purge(): number | undefined {
    return this.#keys.purge()
  }

  clear(): void {
    this.#epoch++
    this.#keys.clear()
    this.#failures.clear()
  }

  async #unwrap(token: WrappedKey): Promise<OpenedKey> {
    dataKeyCreatedAt(token.dataKeyId)
    const epoch = this.#epoch
    const { dataKey, createdAt, madeHere } = await this.#ring.unwrap(token)
    const opened = { key: await importKey(dataKey), createdAt, madeHere }
    if (epoch === this.#epoch) this.add(token, opened)
    return opened
  }
}

/**
 * Whether the same call would fail again. `VAULT_KMS_DENIED` is no fact about the wrapped key: an operator who corrects a
 * permission sees the effect at once.
 */
function isFinal(error: unknown): error is VaultError {
  return error instanceof VaultError && !error.retryable && error.code !== 'VAULT_KMS_DENIED'
}

/** The cache key of a data key. All three parts: it must not open a token that names another KEK or another wrapped key. */
export function cacheName({ keyId, dataKeyId, encryptedKey }: WrappedKey): string {
  return `${dataKeyId} ${encryptedKey} ${keyId}`
}
