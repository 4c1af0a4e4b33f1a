import { isStagedoorError } from '../../errors.ts'
import type { EncryptedToken } from '../../internal/encrypted-token.ts'
import { retry } from '../../internal/retry.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { RefreshContext } from '../context.ts'
import { leaseIsLive, revise, storable } from '../records/record.ts'

/** A good answer of the token endpoint, sealed: what is kept in memory until the store has it. */
interface SealedAnswer {
  readonly access: EncryptedToken
  readonly refresh: EncryptedToken | undefined
  readonly rotated: boolean
  readonly expiresAt: number
  readonly scopes: readonly string[]
}

/** `gone`: disconnected meanwhile. `changed`: the record now belongs to another grant or holds something newer. */
export type Kept = StoredConnection | 'gone' | 'changed'

/**
 * Keeps an answer: seals it at once, then writes it until the store has taken it or the record has moved on.
 * Retries for as long as the process lives, since a rotated refresh token exists nowhere else.
 *
 * @param leased the record whose refresh token was sent
 * @param used whether a caller asked for the refresh
 */
export function keepAnswer(
  context: RefreshContext,
  leased: StoredConnection,
  sent: string,
  answer: TokenSet,
  used: boolean,
): Promise<Kept> {
  // Not async: the frame that holds the plain tokens must not outlive the sealing.
  return sealAnswer(context, leased, sent, answer).then((sealed) => writeAnswer(context, leased, sealed, used))
}

async function sealAnswer(
  context: RefreshContext,
  leased: StoredConnection,
  sent: string,
  answer: TokenSet,
): Promise<SealedAnswer> {
  const { seal } = context
  const { ownerId } = leased
  const rotated = answer.refreshToken !== undefined && answer.refreshToken !== sent
  const overAge = leased.refreshToken !== undefined && seal.isStale(leased.refreshToken)
  return await persistently(context, async () => ({
    access: await seal.seal(ownerId, 'access', answer.accessToken),
    refresh: rotated || overAge ? await seal.seal(ownerId, 'refresh', answer.refreshToken ?? sent) : undefined,
    rotated,
    ...storable(answer),
  }))
}

async function writeAnswer(
  context: RefreshContext,
  leased: StoredConnection,
  answer: SealedAnswer,
  used: boolean,
): Promise<Kept> {
  const { records, announce } = context
  const { ownerId } = leased
  let current: StoredConnection | undefined = leased
  let next: StoredConnection | undefined
  const told = (before: StoredConnection, after: StoredConnection): void => {
    announce('connection.refreshed', after, { rotated: answer.rotated })
    if (before.failure !== undefined || before.status === 'needs_reauth') announce('connection.recovered', after, {})
  }
  return await persistently(context, async () => {
    for (;;) {
      if (next !== undefined) {
        const stored = await records.read(ownerId)
        if (stored === undefined) return disconnected(context, leased, answer)
        if (stored.revision === next.revision) {
          // The write that seemed to fail had reached the store.
          if (current !== undefined) told(current, next)
          return next
        }
        current = stored
        if (await movedOn(context, leased, stored, answer)) return 'changed'
      }
      if (current === undefined) return disconnected(context, leased, answer)
      const before: StoredConnection = current
      const after = applied(context, before, answer, used)
      next = after
      if (await records.write(ownerId, before, after, () => told(before, after))) return after
    }
  })
}

/** The owner disconnected while the request was under way: what it brought must not live on at the provider either. */
function disconnected(context: RefreshContext, leased: StoredConnection, answer: SealedAnswer): 'gone' {
  if (answer.refresh !== undefined) context.revoke({ ...leased, refreshToken: answer.refresh })
  return 'gone'
}

/** An answer belongs only to a record that still holds the refresh token it was made from. */
async function movedOn(
  context: RefreshContext,
  leased: StoredConnection,
  stored: StoredConnection,
  answer: SealedAnswer,
): Promise<boolean> {
  if (stored.authorizedAt > leased.authorizedAt) return true
  if (!(await context.seal.sameRefreshToken(stored, leased))) return true
  const newer = stored.status === 'connected' && stored.expiresAt >= answer.expiresAt
  return newer && !answer.rotated && stored.refreshedAt !== leased.refreshedAt
}

function applied(
  context: RefreshContext,
  current: StoredConnection,
  answer: SealedAnswer,
  used: boolean,
): StoredConnection {
  const { settings, schedule } = context
  const now = Math.round(settings.now())
  const foreign = current.lease?.owner !== settings.instance && leaseIsLive(current, now, settings.lease)
  const changes = {
    scopes: answer.scopes,
    accessToken: answer.access,
    refreshToken: answer.refresh ?? current.refreshToken,
    expiresAt: answer.expiresAt,
    refreshedAt: now,
    status: 'connected' as const,
    failure: undefined,
    lease: foreign ? current.lease : undefined,
  }
  const next = revise(current, changes, now)
  const nextCheckAt = used ? schedule.afterUse(next, now) : schedule.idle(next, now)
  return { ...next, nextCheckAt: foreign ? current.nextCheckAt : nextCheckAt }
}

/** Repeats until it works, the process closes, or the record turns out to be unreadable for good. */
async function persistently<T>(context: RefreshContext, work: () => Promise<T>): Promise<T> {
  return await retry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 50,
    maxTimeout: 2000,
    factor: 2,
    randomize: true,
    signal: context.closing,
    shouldRetry: ({ error }) => !(isStagedoorError(error) && final.has(error.code)),
  })
}

const final: ReadonlySet<string> = new Set(['STORE_CORRUPT', 'VAULT_DECRYPT_FAILED', 'VAULT_MALFORMED'])
