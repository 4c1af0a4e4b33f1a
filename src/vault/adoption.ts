import { dataKeyCreatedAt, type WrappedKey } from './envelope.ts'
import type { KeyRing } from './key-ring.ts'
import type { OpenedKey } from './opened-keys.ts'
import type { VaultSettings } from './options.ts'

/** A data key of another process that may seal here. */
interface Candidate extends WrappedKey {
  readonly createdAt: number
}

/** Milliseconds that a clock may be set back while the data keys that were made before go on. */
const maxSetBack = 24 * 60 * 60_000
/** Milliseconds that the clock of a process whose data key is adopted may be ahead. */
const maxAhead = 5 * 60_000

/** Whether a data key that was created then may go on sealing where it was made. */
export function isFresh({ rotateAfter, now }: VaultSettings, createdAt: number): boolean {
  const age = now() - createdAt
  return age < rotateAfter && age > -maxSetBack
}

/** Whether tokens under a data key that was created then may stay as they are. */
export function isUsable(settings: VaultSettings, createdAt: number): boolean {
  return createdAt >= settings.notBefore && isFresh(settings, createdAt)
}

/** Which data keys of other processes may seal here. What it goes by has been authenticated by the KEK. */
export class Adoption {
  readonly #settings: VaultSettings
  readonly #ring: KeyRing
  /** When the newest data key that this process has sealed with was created: none that is as old is adopted. */
  #sealedSince = Number.NEGATIVE_INFINITY
  #candidate: Candidate | undefined

  constructor(settings: VaultSettings, ring: KeyRing) {
    this.#settings = settings
    this.#ring = ring
  }

  /** Whether any data key of another process may seal here. */
  get allowed(): boolean {
    return this.#settings.adopt && !this.#ring.isForgeable(this.#ring.keyId)
  }

  /** The newest data key that was opened and may seal, until it is taken. */
  get candidate(): Candidate | undefined {
    return this.#candidate
  }

  /** Whether it is worth opening a data key that says this of itself. @throws VaultError `VAULT_MALFORMED` */
  mayFit({ keyId, dataKeyId }: WrappedKey): boolean {
    return this.allowed && keyId === this.#ring.keyId && this.#fits(dataKeyCreatedAt(dataKeyId))
  }

  admits({ createdAt, madeHere }: OpenedKey): boolean {
    return this.allowed && madeHere && this.#fits(createdAt)
  }

  /** Notes a data key for when one is needed. */
  consider({ keyId, dataKeyId, encryptedKey }: WrappedKey, opened: OpenedKey): void {
    if (!this.admits(opened)) return
    const { createdAt } = opened
    if (createdAt <= (this.#candidate?.createdAt ?? Number.NEGATIVE_INFINITY)) return
    this.#candidate = { keyId, dataKeyId, encryptedKey, createdAt }
  }

  /** Takes the candidate, if it still may seal. */
  take(): Candidate | undefined {
    const candidate = this.#candidate
    this.#candidate = undefined
    return candidate !== undefined && this.#fits(candidate.createdAt) ? candidate : undefined
  }

  putBack(candidate: Candidate): void {
    this.#candidate ??= candidate
  }

  sealedWith(createdAt: number): void {
    this.#sealedSince = Math.max(this.#sealedSince, createdAt)
  }

  clear(): void {
    this.#candidate = undefined
  }

  #fits(createdAt: number): boolean {
    const ahead = createdAt - this.#settings.now()
    return isUsable(this.#settings, createdAt) && ahead <= maxAhead && createdAt > this.#sealedSince
  }
}
