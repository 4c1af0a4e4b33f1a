import { isStagedoorError, VaultError } from '../errors.ts'
import { retry } from '../internal/retry.ts'
import { abortable } from '../internal/signal.ts'
import { timeoutSignal } from '../internal/timeout.ts'

const retries = 5
const minTimeout = 100
const maxTimeout = 2000

/**
 * Calls a KMS: retries transient failures with growing, random delays, until `timeout` milliseconds have passed.
 * @throws VaultError that of the KMS, or `VAULT_KMS_UNAVAILABLE` for another error or a timeout
 */
export async function callKms(
  work: (signal: AbortSignal) => Promise<Uint8Array>,
  timeout: number,
): Promise<Uint8Array> {
  let last: VaultError | undefined
  const limit = timeoutSignal(timeout)
  const attempt = async (): Promise<Uint8Array> => {
    try {
      return await abortable(work(limit.signal), limit.signal)
    } catch (error) {
      const failure = asVaultError(error)
      if (!limit.signal.aborted) last = failure
      throw failure
    }
  }
  try {
    return await retry(attempt, {
      retries,
      minTimeout,
      maxTimeout,
      randomize: true,
      signal: limit.signal,
      shouldRetry: ({ error }) => error instanceof VaultError && error.retryable,
    })
  } catch (error) {
    throw limit.signal.aborted ? (last ?? unavailable()) : error
  } finally {
    limit.done()
  }
}

function asVaultError(error: unknown): VaultError {
  if (error instanceof VaultError) return error
  if (isStagedoorError(error) && error.name === 'VaultError') {
    return new VaultError(error.code, error.message, { retryable: error.retryable })
  }
  return unavailable()
}

function unavailable(): VaultError {
  return new VaultError('VAULT_KMS_UNAVAILABLE', 'The key service did not respond as expected.')
}
