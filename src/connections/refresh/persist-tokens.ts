import { isStagedoorError } from '../../errors.ts'
import type { EncryptedToken } from '../../internal/encrypted-token.ts'
import { retry } from '../../internal/retry.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { RefreshContext } from '../context.ts'
import { leaseIsLive } from '../records/lease.ts'
import { type ConnectionRecord, earliestTime, revise, storableTokens } from '../records/record.ts'

/** A successful token response, sealed: held in memory until the store has it. */
interface SealedTokens {
  readonly access: EncryptedToken
  readonly refresh: EncryptedToken | undefined
  readonly rotated: boolean
  readonly expiresAt: number
  readonly scopes: readonly string[]
}

/** `gone`: disconnected in the meantime. `changed`: the record belongs to another grant or is newer. */
export type PersistResult = ConnectionRecord | 'gone' | 'changed'

/**
 * Seals new tokens at once, then writes them until the store accepts them or the record has changed. Retries until the
 * process closes, since a rotated refresh token exists nowhere else.
 *
 * @param leased the record whose refresh token was sent
 * @param used whether a caller asked for the refresh
 */
export function persistTokens(
  context: RefreshContext,
  leased: ConnectionRecord,
  sent: string,
  tokens: TokenSet,
  used: boolean,
): Promise<PersistResult> {
  // Not async: the frame that holds the plain tokens must end with the sealing.
  return sealTokens(context, leased, sent, tokens).then((sealed) => writeTokens(context, leased, sealed, used))
}

async function sealTokens(
  context: RefreshContext,
  leased: ConnectionRecord,
  sent: string,
  tokens: TokenSet,
): Promise<SealedTokens> {
  const { seal } = context
  const { ownerId } = leased
  const rotated = tokens.refreshToken !== undefined && tokens.refreshToken !== sent
  const overAge = leased.refreshToken !== undefined && seal.isStale(leased.refreshToken)
  return await retryUntilClosed(context, async () => ({
    access: await seal.seal(ownerId, 'access', tokens.accessToken),
    refresh: rotated || overAge ? await seal.seal(ownerId, 'refresh', tokens.refreshToken ?? sent) : undefined,
    rotated,
    ...storableTokens(tokens),
  }))
}

async function writeTokens(
  context: RefreshContext,
  leased: ConnectionRecord,
  tokens: SealedTokens,
  used: boolean,
): Promise<PersistResult> {
  const { records, emit } = context
  const { ownerId } = leased
  let current: ConnectionRecord | undefined = leased
  let next: ConnectionRecord | undefined
  const emitRefreshed = (before: ConnectionRecord, after: ConnectionRecord): void => {
    emit('connection.refreshed', after, { rotated: tokens.rotated })
    if (before.failure !== undefined || before.status === 'needs_reauth') emit('connection.recovered', after, {})
  }
  return await retryUntilClosed(context, async () => {
    for (;;) {
      if (next !== undefined) {
        const stored = await records.read(ownerId)
        if (stored === undefined) return revokeOrphan(context, leased, tokens)
        if (stored.revision === next.revision) {
          // The write that appeared to fail had reached the store.
          if (current !== undefined) emitRefreshed(current, next)
          return next
        }
        current = stored
        if (await isOutdated(context, leased, stored, tokens)) return 'changed'
      }
      if (current === undefined) return revokeOrphan(context, leased, tokens)
      const before: ConnectionRecord = current
      const after = withTokens(context, before, tokens, used)
      next = after
      if (await records.write(ownerId, before, after, () => emitRefreshed(before, after))) return after
    }
  })
}

/** The owner disconnected during the request: the new refresh token must be revoked at the provider too. */
function revokeOrphan(context: RefreshContext, leased: ConnectionRecord, tokens: SealedTokens): 'gone' {
  if (tokens.refresh !== undefined) context.revoke({ ...leased, refreshToken: tokens.refresh })
  return 'gone'
}

/** New tokens apply only to a record that still holds the refresh token they were requested with. */
async function isOutdated(
  context: RefreshContext,
  leased: ConnectionRecord,
  stored: ConnectionRecord,
  tokens: SealedTokens,
): Promise<boolean> {
  if (stored.authorizedAt > leased.authorizedAt) return true
  if (!(await context.seal.sameRefreshToken(stored, leased))) return true
  const newer = stored.status === 'connected' && stored.expiresAt >= tokens.expiresAt
  return newer && !tokens.rotated && stored.refreshedAt !== leased.refreshedAt
}

function withTokens(
  context: RefreshContext,
  current: ConnectionRecord,
  tokens: SealedTokens,
  used: boolean,
): ConnectionRecord {
  const { settings, schedule } = context
  const now = Math.round(settings.now())
  const heldElsewhere = current.lease?.owner !== settings.instance && leaseIsLive(current, settings)
  const changes = {
    scopes: tokens.scopes,
    accessToken: tokens.access,
    refreshToken: tokens.refresh ?? current.refreshToken,
    expiresAt: tokens.expiresAt,
    refreshedAt: now,
    status: 'connected' as const,
    failure: undefined,
    lease: heldElsewhere ? current.lease : undefined,
  }
  const next = revise(current, changes, now)
  const checkAt = used ? schedule.afterUse(next, now) : schedule.idle(next, now)
  return { ...next, checkAt, nextCheckAt: heldElsewhere ? current.nextCheckAt : earliestTime({ ...next, checkAt }) }
}

/** Retries until success, until the process closes, or until an error is permanent. */
async function retryUntilClosed<T>(context: RefreshContext, work: () => Promise<T>): Promise<T> {
  return await retry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 50,
    maxTimeout: 2000,
    factor: 2,
    randomize: true,
    signal: context.closing,
    shouldRetry: ({ error }) => !(isStagedoorError(error) && permanentErrors.has(error.code)),
  })
}

const permanentErrors: ReadonlySet<string> = new Set(['STORE_CORRUPT', 'VAULT_DECRYPT_FAILED', 'VAULT_MALFORMED'])
