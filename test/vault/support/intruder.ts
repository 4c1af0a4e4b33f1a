import { createHash, randomBytes } from 'node:crypto'
import type { StoredConnection, TokenStore } from '../../../src/stores/store.ts'
import type { EncryptedToken, Kms } from '../../../src/vault/index.ts'
import { dataKeyIdOf, type Header, readHeader } from './decoder.ts'
import { type Binding, forgeToken, headerBytes, honestHeader, readWith } from './forger.ts'

export const clientId = 'test-client'
const provider = 'spotify'
const hour = 3_600_000

/** What someone who can write to the database has besides: see SECURITY.md. */
export type Attacker =
  | 'one row written'
  | 'a leaked KEK'
  | 'a leaked data key'
  | 'a leaked version'
  | 'a past right to wrap'

export const bindingOf = (ownerId: string, field: string): Binding => ({ clientId, provider, ownerId, field })

interface Planted {
  readonly header: Header
  readonly keyId: string
  readonly encryptedKey: Uint8Array | string
  readonly dataKeyId?: string
}

/** Writes data keys of their choice wherever a process looks for one, and tries to read with them. */
export class Intruder {
  readonly #store: TokenStore
  readonly #ownerId: string
  readonly #planted: Planted[] = []
  /** Every data key that they know. */
  readonly known: Buffer[] = []

  constructor(store: TokenStore, ownerId: string) {
    this.#store = store
    this.#ownerId = ownerId
  }

  /** Prepares what the attacker can prepare: `current` is the KEK in use now, `next` the name of the one to come. */
  async prepare(attacker: Attacker, now: number, current: Kms, next: Kms): Promise<void> {
    const own = await this.#ownRow()
    if (attacker === 'one row written') {
      // The wrapped key of a genuine record under a later id, and, where anyone can wrap, a data key of their own.
      const header = this.#header(current.keyId, now + 4 * 60_000)
      this.#planted.push({ header, keyId: current.keyId, encryptedKey: own.accessToken.encryptedKey })
      if (current.forgeable === true) await this.#wrap(current, header)
      return
    }
    if (attacker === 'a leaked data key') {
      const bytes = await current.unwrapKey(Buffer.from(own.accessToken.encryptedKey, 'base64url'))
      const header = readHeader(Buffer.from(bytes))
      this.known.push(header.dataKey)
      const { encryptedKey } = own.accessToken
      const later = { ...header, createdAt: now + 4 * 60_000 }
      this.#planted.push({ header, keyId: current.keyId, encryptedKey })
      this.#planted.push({ header, keyId: current.keyId, encryptedKey, dataKeyId: dataKeyIdOf(later) })
      return
    }
    // Whoever can wrap writes any header: for today, for later, under the name of the key to come.
    for (const keyId of [current.keyId, next.keyId])
      for (const ahead of [4 * 60_000, 24 * hour, 31 * 24 * hour])
        await this.#wrap(current, this.#header(keyId, now + ahead))
  }

  /** Puts the `index`th forgery, round and round, into their own record and into the entries for shared data keys. */
  async plant(index: number, keks: readonly Kms[]): Promise<void> {
    const planted = this.#planted[index % this.#planted.length]
    if (planted === undefined) throw new Error('nothing was prepared')
    const row = await this.#ownRow()
    const token = (field: string): EncryptedToken =>
      forgeToken({ ...planted, binding: bindingOf(this.#ownerId, field), plaintext: `planted ${field}` })
    const next = { ...row, revision: `planted-${randomBytes(8).toString('hex')}`, accessToken: token('access') }
    const { leaseLeft: _, ...written } = { ...next, refreshToken: token('refresh') }
    await this.#store.compareAndSet(row, row.revision, written)
    for (const { keyId } of keks) {
      const { dataKeyId, encryptedKey } = token('access')
      await this.#share(keyId, JSON.stringify({ keyId, dataKeyId, encryptedKey }))
    }
  }

  get forgeries(): number {
    return this.#planted.length
  }

  /** What they read of another's tokens. */
  async reads(ownerId: string): Promise<string[]> {
    const row = await this.#store.get({ provider, ownerId, account: '' })
    if (row?.refreshToken === undefined) throw new Error('the owner is not connected')
    const tokens = { access: row.accessToken, refresh: row.refreshToken }
    return Object.entries(tokens).flatMap(([field, token]) =>
      this.known.flatMap((key) => readWith(key, token, bindingOf(ownerId, field)) ?? []),
    )
  }

  #header(keyId: string, createdAt: number): Header {
    const header = honestHeader(keyId, createdAt)
    this.known.push(header.dataKey)
    return header
  }

  async #wrap(kms: Kms, header: Header): Promise<void> {
    const encryptedKey = (await kms.wrapKey(headerBytes(header))).slice()
    this.#planted.push({ header, keyId: kms.keyId, encryptedKey })
  }

  async #ownRow(): Promise<StoredConnection> {
    const row = await this.#store.get({ provider, ownerId: this.#ownerId, account: '' })
    if (row === undefined) throw new Error('the intruder is not connected')
    return row
  }

  async #share(keyId: string, text: string): Promise<void> {
    const hash = createHash('sha256')
      .update(JSON.stringify([clientId, keyId]))
      .digest()
      .subarray(0, 18)
    const name = `data-key:${provider}:${hash.toString('base64url')}`
    const entry = await this.#store.state?.load(name)
    await this.#store.state?.compareAndSet(name, entry?.revision, Buffer.from(text), 8.64e15)
  }
}
