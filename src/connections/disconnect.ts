import { ConnectionError } from '../errors.ts'
import { type CallOptions, deadline } from '../internal/signal.ts'
import type { StoredConnection } from '../stores/store.ts'
import type { ConnectionsContext } from './context.ts'

/**
 * Deletes the record, whoever is writing it: a refresh under way then finds no record to write to, and can not make
 * one, since its write names the revision that it replaces.
 *
 * @returns what was removed, if there was anything: the record, unless it was corrupt
 */
export async function removeRecord(
  context: ConnectionsContext,
  ownerId: string,
  options: CallOptions | undefined,
): Promise<{ readonly record?: StoredConnection } | undefined> {
  const { records, announce, settings } = context
  for (let round = 0; round < 100; round++) {
    options?.signal?.throwIfAborted()
    records.forget(ownerId)
    const stored = await records.readAny(ownerId, options)
    if (stored === undefined) return undefined
    const { revision } = stored
    const tell = (): void => announce('connection.removed', { ownerId, provider: settings.provider.id, revision }, {})
    if (await records.writeSurely(ownerId, stored, undefined, tell))
      return 'corrupt' in stored ? {} : { record: stored }
  }
  throw new ConnectionError('CONNECTION_CHANGED', 'The connection is changed by others all the time; try again.', {
    ownerId,
  })
}

const revocationTimeout = 5000

/** Revokes what a removed record held, as well as the provider allows: a failure leaves the user its own page. */
export async function revokeGrant(context: ConnectionsContext, record: StoredConnection): Promise<void> {
  const { settings, seal, tokenEndpoint } = context
  if (settings.endpoints.revocation === undefined || record.refreshToken === undefined) return
  const limit = deadline(revocationTimeout)
  try {
    const token = await seal.open(record.ownerId, 'refresh', record.refreshToken)
    await tokenEndpoint.revoke(token, { signal: limit.signal })
  } catch {
  } finally {
    limit.done()
  }
}
