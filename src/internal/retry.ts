import type { Options } from 'p-retry'
import { lazy } from './lazy.ts'

const pRetry = lazy(() => import('p-retry'))

/** Runs `work` with p-retry, which loads with the first call. */
export async function retry<T>(work: (attempt: number) => PromiseLike<T> | T, options: Options): Promise<T> {
  const { default: run } = await pRetry.load()
  return await run(work, options)
}

/** Loads p-retry before something that can be spent only once, so that a failed load costs nothing. */
export async function loadRetry(): Promise<void> {
  await pRetry.load()
}
