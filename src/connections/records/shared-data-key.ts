import { isStagedoorError } from '../../errors.ts'
import { base64url, fromUtf8, utf8 } from '../../internal/bytes.ts'
import { isObject } from '../../internal/is-object.ts'
import { withTimeout } from '../../internal/timeout.ts'
import type { TokenStore } from '../../stores/store.ts'
import type { Vault, WrappedKey } from '../../vault/vault.ts'

/** Milliseconds that one call of the store may take, and that follow a failure before the next attempt. */
const storeTimeout = 1000
const pause = 30_000
const maxAttempts = 3
/** Milliseconds that an entry is kept: longer than a data key seals. An entry that is too old is replaced. */
const entryAge = 365 * 24 * 60 * 60_000

interface SharedDataKeySettings {
  readonly vault: Vault
  readonly clientId: string
  readonly provider: { readonly id: string }
  readonly store?: Pick<TokenStore, 'state'> | undefined
  readonly now?: (() => number) | undefined
}

/**
 * Lets processes that have opened no token seal under one data key: its wrapped form is in the store's shared state.
 * It is no secret, and adopting it needs no trust in the store: the key-encryption key has authenticated it.
 */
interface SharedDataKey {
  /**
   * Called before a process seals: takes over the data key of another process, or publishes its own. Without effect when
   * that has been done for the present data key, when the store has no shared state or does not respond, and when the
   * vault adopts no data key. What cannot be unwrapped now is replaced by the process's own.
   * @throws VaultError as the KMS throws, if there is no data key to seal under: sealing would fail too
   */
  share(): Promise<void>
  /** Makes a new data key and publishes it. @throws VaultError as the KMS throws */
  renew(): Promise<void>
}

export function createSharedDataKey(settings: SharedDataKeySettings): SharedDataKey {
  const { vault, store, now = Date.now } = settings
  let shared: string | undefined
  let pausedUntil = Number.NEGATIVE_INFINITY
  let sharing: Promise<void> | undefined

  const isShared = (): boolean => {
    const active = vault.activeKey()
    return active !== undefined && active.dataKeyId === shared
  }

  /**
   * Writes the data key that seals here, unless another process was first: then that one's may replace it.
   * @param keepOwn never seals under another process's
   */
  async function publish(state: NonNullable<TokenStore['state']>, keepOwn: boolean): Promise<void> {
    const name = await entryName(settings)
    for (let attempt = 1; ; attempt++) {
      const entry = await inTime(state.load(name))
      const found = entry && parse(entry.bytes)
      // What does not unwrap now, or was written so as to fail, must stop no one who can seal without it: it is replaced.
      if (found !== undefined && !keepOwn) await vault.offer(found).catch(() => false)
      const own = await vault.prepare()
      const bytes = utf8(JSON.stringify(own))
      const published = (): Promise<string | undefined> =>
        inTime(state.compareAndSet(name, entry?.revision, bytes, Math.round(now()) + entryAge))
      if (found?.dataKeyId !== own.dataKeyId && (await published()) === undefined && attempt < maxAttempts) continue
      shared = own.dataKeyId
      return
    }
  }

  async function shareOnce(keepOwn = false): Promise<void> {
    const state = store?.state
    if (state === undefined || !vault.adopts || now() < pausedUntil) return
    try {
      await publish(state, keepOwn)
    } catch (error) {
      if (isStagedoorError(error) && error.name === 'VaultError') throw error
      pausedUntil = now() + pause
    }
  }

  return {
    async share() {
      if (isShared()) return
      sharing ??= shareOnce().finally(() => {
        sharing = undefined
      })
      await sharing
    },
    async renew() {
      await sharing?.catch(() => {})
      await vault.prepare({ fresh: true })
      await shareOnce(true)
    },
  }
}

/** Applications that share a store may have key-encryption keys of one name: each has an entry of its own. */
async function entryName({ vault, clientId, provider }: SharedDataKeySettings): Promise<string> {
  const names = utf8(JSON.stringify([clientId, vault.keyId]))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', names))
  return `data-key:${provider.id}:${base64url(hash.subarray(0, 18))}`
}

function parse(bytes: Uint8Array): WrappedKey | undefined {
  let value: unknown
  try {
    value = JSON.parse(fromUtf8(bytes))
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const { keyId, dataKeyId, encryptedKey } = value as Partial<Record<keyof WrappedKey, unknown>>
  if (typeof keyId !== 'string' || typeof dataKeyId !== 'string' || typeof encryptedKey !== 'string') return undefined
  return { keyId, dataKeyId, encryptedKey }
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  return await withTimeout(promise, storeTimeout, () => new Error('The store did not respond in time.'))
}
