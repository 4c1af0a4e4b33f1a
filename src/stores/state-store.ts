import type { CallOptions } from '../internal/signal.ts'

/** One entry of a {@link StateStore}. */
export interface StateEntry {
  /** New with every write: the value that `compareAndSet` compares. */
  readonly revision: string
  readonly bytes: Uint8Array
}

/**
 * Small values that the processes of an application share, such as counters and pauses. Nothing secret goes in. Every
 * failure is a `StoreError`; callers continue without the shared value.
 */
export interface StateStore {
  /** The entry, or `undefined` if there is none or it has expired. */
  load(key: string, options?: CallOptions): Promise<StateEntry | undefined>
  /**
   * Writes only if the stored revision is still `expected` (`undefined`: no entry). Expired entries are purged.
   *
   * @param key 1 to 255 bytes of UTF-8 without NUL
   * @param bytes at most 64 KiB
   * @param expiresAt epoch milliseconds
   * @returns the new revision; `undefined` if another writer was first
   * @throws TypeError `INVALID_ARGUMENT`
   */
  compareAndSet(
    key: string,
    expected: string | undefined,
    bytes: Uint8Array,
    expiresAt: number,
    options?: CallOptions,
  ): Promise<string | undefined>
}
