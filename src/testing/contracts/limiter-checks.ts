import { isStagedoorError, type SpotifyApiError, type SpotifyApiErrorCode } from '../../errors.ts'

export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`expected ${what}`)
}

/** The error that `promise` rejects with. @throws Error if it is not the API error with this code. */
export async function rejection(promise: Promise<unknown>, code: SpotifyApiErrorCode): Promise<SpotifyApiError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(isStagedoorError(error) && error.code === code, `${code}, not ${String(error)}`)
  return error as SpotifyApiError
}

interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function gate(): Gate {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** Resolves when every promise has settled. */
export async function settled(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises)
}
