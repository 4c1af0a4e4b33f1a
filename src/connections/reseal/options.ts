import type { CallOptions } from '../../internal/signal.ts'
import type { Provider } from '../../oauth/provider.ts'
import type { TokenStore } from '../../stores/store.ts'
import type { Vault } from '../../vault/vault.ts'

/** Options of `createReseal`. */
export interface ResealOptions {
  readonly provider: Provider
  /** The application whose connections the store holds; part of the tokens' binding. */
  readonly clientId: string
  readonly store: TokenStore
  /** With the new key as `kms` and the old keys as `retired`. */
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
  /**
   * Only tokens under another key, found by index. They are rewrapped and not opened, unless the vault's `canRewrap` is
   * against it. @default false: over-age data keys too
   */
  readonly onlyKey?: boolean | undefined
  /**
   * Also moves tokens that are under the current key, to its newest version, and seals under a data key of that version
   * from here on. @default false
   */
  readonly newestVersion?: boolean | undefined
  /** Continues after this owner: `after` of an earlier run's progress. Optional; saves time. */
  readonly after?: string | undefined
  /** Number of connections, if known: passed through to the progress. */
  readonly total?: number | undefined
}
