import { isStagedoorError, SpotifyApiError } from '../errors.ts'

/** Cuts a list into pieces of at most `size`, in order. */
export function chunk<T>(list: readonly T[], size: number): T[][] {
  const pieces: T[][] = []
  for (let start = 0; start < list.length; start += size) pieces.push(list.slice(start, start + size))
  return pieces
}

/**
 * Sends a list piece by piece, one after the other, and returns the results in order.
 * @throws SpotifyApiError `API_PARTLY_DONE` if a piece other than the first fails: `done` are the values before it,
 *   `cause` is the failure. A failure of the first piece, and the caller's own abort, are thrown as they are.
 */
export async function inBatches<T>(
  values: readonly string[],
  size: number,
  send: (batch: readonly string[], index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = []
  const done: string[] = []
  for (const [index, batch] of chunk(values, size).entries()) {
    try {
      results.push(await send(batch, index))
    } catch (error) {
      if (index === 0 || !isStagedoorError(error)) throw error
      const { status, retryAt, reason, request } = error as Partial<SpotifyApiError>
      throw new SpotifyApiError('API_PARTLY_DONE', 'A part of the list was processed before a request failed.', {
        cause: error,
        retryable: error.retryable,
        status,
        retryAt,
        reason,
        request,
        done,
        action: 'Check whether the failed part took effect, then continue with what is not in done.',
      })
    }
    done.push(...batch)
  }
  return results
}

/** A list without its `null` items. */
export function withoutNulls<T>(list: readonly (T | null)[]): T[] {
  return list.filter((item) => item !== null)
}
