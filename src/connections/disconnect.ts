import { ConnectionError } from '../errors.ts'
import type { CallOptions } from '../internal/signal.ts'
import { timeoutSignal } from '../internal/timeout.ts'
import type { ConnectionsContext } from './context.ts'
import type { ConnectionRecord } from './records/record.ts'

/**
 * Deletes the record, even while another process refreshes it: that refresh then finds no record, and cannot create one,
 * since its write names the revision that it replaces.
 *
 * @returns `undefined` if there was no record; `record` is absent if it was corrupt
 */
export async function removeRecord(
  context: ConnectionsContext,
  ownerId: string,
  options: CallOptions | undefined,
): Promise<{ readonly record?: ConnectionRecord } | undefined> {
  const { records, emit, settings } = context
  for (let round = 0; round < 100; round++) {
    options?.signal?.throwIfAborted()
    records.forget(ownerId)
    const stored = await records.readAny(ownerId, options)
    if (stored === undefined) return undefined
    const { revision } = stored
    const onWritten = (): void => emit('connection.removed', { ownerId, provider: settings.provider.id, revision }, {})
    if (await records.writeWithRetry(ownerId, stored, undefined, onWritten))
      return 'corrupt' in stored ? {} : { record: stored }
  }
  throw new ConnectionError('CONNECTION_CHANGED', 'The connection is being changed by other processes; try again.', {
    ownerId,
  })
}

const revocationTimeout = 5000

/** Revokes the refresh token of a removed record, where the provider supports it. Failures are ignored. */
export async function revokeGrant(context: ConnectionsContext, record: ConnectionRecord): Promise<void> {
  const { settings, seal, tokenEndpoint } = context
  if (settings.endpoints.revocation === undefined || record.refreshToken === undefined) return
  const limit = timeoutSignal(revocationTimeout)
  try {
    const token = await seal.open(record.ownerId, 'refresh', record.refreshToken)
    await tokenEndpoint.revoke(token, { signal: limit.signal })
  } catch {
  } finally {
    limit.done()
  }
}
