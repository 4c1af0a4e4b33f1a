import type { Options } from 'p-retry'

/** p-retry, which loads with the first call: see `loadRetry`. */
export async function retry<T>(work: (attempt: number) => PromiseLike<T> | T, options: Options): Promise<T> {
  return await (await loadRetry())(work, options)
}

/** For those who must not find out that it cannot be loaded when something is spent already. */
export async function loadRetry(): Promise<typeof import('p-retry').default> {
  return (await import('p-retry')).default
}
