import { ConfigError, type ErrorCode } from '../../errors.ts'
import { base64url, randomBytes } from '../../internal/bytes.ts'
import { createEmitter } from '../../internal/emitter.ts'
import type { CallOptions } from '../../internal/signal.ts'
import type { Provider } from '../../oauth/provider.ts'
import type { TokenStore } from '../../stores/store.ts'
import type { Vault } from '../../vault/vault.ts'
import type { ConnectionEvents } from '../events/events.ts'

/** Options of {@link createReseal}. */
export interface ResealOptions {
  readonly provider: Provider
  /** The application whose connections the store holds: part of what tokens are bound to. */
  readonly clientId: string
  readonly store: TokenStore
  /** With the new key as `kms` and the old ones as `retired`. */
  readonly vault: Vault
  /** Milliseconds: `refresh.lease` of the processes that share the store. @default 20_000 */
  readonly lease?: number | undefined
  /** Connections read at once. @default 200 */
  readonly pageSize?: number | undefined
  /** Connections written at once. @default 8 */
  readonly concurrency?: number | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

export interface ResealRun extends CallOptions {
  /** Only what is under another key: found by index, rewrapped, and not opened. @default false: over-age data keys too */
  readonly onlyKey?: boolean | undefined
  /** Moves tokens that are under the current key as well, to its newest version. @default false */
  readonly newestVersion?: boolean | undefined
  /** Goes on behind this owner: `after` of an earlier run's progress. Not needed, only quicker. */
  readonly after?: string | undefined
  /** How many connections there are, if known: passed on in the progress. */
  readonly total?: number | undefined
}

/** How far a run is. */
export interface ResealProgress {
  /** Connections looked at. */
  readonly done: number
  /** Connections written. */
  readonly changed: number
  /** Connections whose tokens did not open, or that could not be written. */
  readonly failed: number
  readonly total: number | undefined
  /** Connections per second since the run began. */
  readonly rate: number
  /** The last owner of the page: where a run may go on. */
  readonly after: string | undefined
}

/** What a run tells about. */
export interface ResealEvents extends Pick<ConnectionEvents, 'key.rotated'> {
  /** After each page. */
  progress: ResealProgress
  /** A connection was left as it is; the others go on. */
  failed: { readonly ownerId: string; readonly code: ErrorCode }
}

/** Moves stored tokens to the current key. */
export interface Reseal {
  /**
   * Walks the store and brings every stale token under the current key: by rewrapping its data key, or by sealing it anew
   * when its data key is over age. May be stopped and started again at any time, and run in several processes.
   * @returns the last progress, once every connection was looked at
   * @throws VaultError, StoreError when the key service or the store fails: run again later. Aborts with the caller's reason.
   */
  run(options?: ResealRun): Promise<ResealProgress>
  /** Adds a listener and returns the function that removes it. */
  on<E extends keyof ResealEvents>(event: E, listener: (payload: ResealEvents[E]) => void): () => void
}

/**
 * Makes the mover of tokens to a new key. It writes by compare-and-set and never over a live lease, so that a refresh
 * under way keeps its record: such connections are visited again when the lease has ended.
 * @throws ConfigError `CONFIG_INVALID`
 */
export function createReseal(options: ResealOptions): Reseal {
  const { vault, lease = 20_000, pageSize = 200, concurrency = 8, now = Date.now } = options
  for (const number of [lease, pageSize, concurrency]) {
    if (Number.isSafeInteger(number) && number >= 1) continue
    throw new ConfigError('CONFIG_INVALID', 'lease, pageSize and concurrency are whole numbers of at least 1.')
  }
  const emitter = createEmitter<ResealEvents>()

  return {
    async run(run = {}) {
      const { createWalk } = await import('./walk.ts')
      const walk = createWalk(options, { lease, pageSize, concurrency, now }, emitter)
      const last = await walk(run)
      const { done, failed } = last
      const id = base64url(randomBytes(12))
      emitter.emit('key.rotated', { id, at: new Date(now()), keyId: vault.keyId, done, failed })
      return last
    },
    on: (event, listener) => emitter.on(event, listener),
  }
}
