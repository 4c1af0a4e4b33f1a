import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { ExpiringMap } from '../internal/expiring-map.ts'
import { SingleFlight } from '../internal/single-flight.ts'
import { dataKeyCreatedAt } from './envelope.ts'
import type { KeyRing } from './key-ring.ts'
import { cacheName, type OpenedKeys } from './opened-keys.ts'
import type { VaultSettings } from './options.ts'

const maxSize = 10_000

/** Wrapped data keys, rewrapped under the current KEK. One KMS call for each, while it is remembered. */
export class RewrappedKeys {
  readonly #ring: KeyRing
  readonly #opened: OpenedKeys
  readonly #known: ExpiringMap<string, string>
  readonly #flights = new SingleFlight<string, string>()

  constructor(ring: KeyRing, opened: OpenedKeys, { maxAge, now }: Pick<VaultSettings, 'maxAge' | 'now'>) {
    this.#ring = ring
    this.#opened = opened
    this.#known = new ExpiringMap({ maxSize, maxAge, now })
  }

  /** The token's data key, wrapped under the current KEK. @throws VaultError `VAULT_MALFORMED`, or as {@link KeyRing} */
  async get(token: EncryptedToken, signal?: AbortSignal): Promise<string> {
    dataKeyCreatedAt(token.dataKeyId)
    const name = cacheName(token)
    return this.#known.get(name) ?? (await this.#flights.run(name, () => this.#rewrap(token, name), signal))
  }

  clear(): void {
    this.#known.clear()
  }

  async #rewrap(token: EncryptedToken, name: string): Promise<string> {
    const encryptedKey = await this.#opened.remembered(`rewrap ${name}`, () => this.#ring.rewrap(token))
    const { keyId } = this.#ring
    // A key of another KEK was not made here, and is not by being rewrapped.
    this.#opened.alias(token, { ...token, keyId, encryptedKey })
    this.#known.set(name, encryptedKey)
    return encryptedKey
  }
}
