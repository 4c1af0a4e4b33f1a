/** A value that is loaded with its first use. */
export interface Lazy<T> {
  /** Loads it, once for all callers. A failed load is forgotten: the next call tries again. */
  load(): Promise<T>
  /** The value once it is loaded, for a path that must not wait; `undefined` before. */
  readonly value: T | undefined
}

/**
 * Delays a load that costs time at start until something needs it: `lazy(() => import('jose'))`.
 * Callers share the load under way, and each gets its rejection; one that ignores it causes no unhandled rejection.
 */
export function lazy<T>(importer: () => Promise<T>): Lazy<T> {
  let loading: Promise<T> | undefined
  let value: T | undefined

  async function start(): Promise<T> {
    value = await importer()
    return value
  }

  return {
    load() {
      if (loading === undefined) {
        loading = start()
        loading.catch(() => {
          loading = undefined
        })
      }
      return loading
    },
    get value() {
      return value
    },
  }
}
