import { ConnectionError, invalidArgument, isStagedoorError } from '../../errors.ts'
import { retry } from '../../internal/retry.ts'
import { type Account, grantEnd, type Provider } from '../../oauth/provider.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { ConnectionsContext } from '../context.ts'
import {
  assumedAuthorization,
  type ConnectionRecord,
  checkOwnerId,
  isStorable,
  never,
  newRevision,
  storableTokens,
} from '../records/record.ts'
import type { CorruptRecord } from '../records/records.ts'

/** Tokens that an application already has. */
export interface AdoptInput {
  readonly ownerId: string
  readonly tokens: TokenSet
  /**
   * When the user authorized the application. If unknown, the earliest possible time is assumed and reported by
   * `health`.
   */
  readonly authorizedAt?: Date | undefined
  readonly accountId?: string | undefined
}

/** The tokens of a user's new authorization and what is known about it. */
interface Grant {
  readonly ownerId: string
  readonly tokens: TokenSet
  readonly authorizedAt: number
  readonly account?: Account | undefined
}

/** @throws TypeError `INVALID_ARGUMENT` */
export function adoptedGrant(input: AdoptInput, provider: Provider, now: number): Grant {
  const { ownerId, tokens, authorizedAt, accountId } = input
  checkOwnerId(ownerId)
  const { accessToken, refreshToken, expiresAt, scopes } = tokens ?? {}
  const isToken = (value: unknown): boolean => typeof value === 'string' && value !== ''
  if (!isToken(accessToken) || !(refreshToken === undefined || isToken(refreshToken))) {
    throw invalidArgument('tokens.accessToken and tokens.refreshToken are strings that are not empty.')
  }
  if (!Number.isFinite(expiresAt) || Math.abs(expiresAt) > never) {
    throw invalidArgument('tokens.expiresAt is a time in epoch milliseconds.')
  }
  if (!Array.isArray(scopes) || !scopes.every(isToken)) {
    throw invalidArgument('tokens.scopes is an array of strings; empty if they are not known.')
  }
  if (authorizedAt !== undefined && !(authorizedAt instanceof Date && Number.isFinite(authorizedAt.getTime()))) {
    throw invalidArgument('authorizedAt is a valid Date.')
  }
  if (accountId !== undefined && !isToken(accountId)) throw invalidArgument('accountId is a string that is not empty.')
  return {
    ownerId,
    tokens,
    authorizedAt: authorizedAt?.getTime() ?? assumedAuthorization(provider, now),
    ...(accountId === undefined ? {} : { account: { id: accountId } }),
  }
}

/**
 * Stores a new grant and replaces whatever the owner had. The response to a running refresh then belongs to the old
 * grant and is dropped. Retries short failures of the store, since a code can be spent only once.
 */
export async function installGrant(context: ConnectionsContext, grant: Grant): Promise<ConnectionRecord> {
  const { records, seal, emit } = context
  const { ownerId, tokens } = grant
  const accessToken = await seal.seal(ownerId, 'access', tokens.accessToken)
  const refreshToken =
    tokens.refreshToken === undefined ? undefined : await seal.seal(ownerId, 'refresh', tokens.refreshToken)
  const sealed = { accessToken, ...(refreshToken === undefined ? {} : { refreshToken }) }
  let pending:
    | { readonly replaced: ExistingRecord; readonly next: ConnectionRecord; readonly onWritten: () => void }
    | undefined
  const install = async (): Promise<ConnectionRecord> => {
    for (let round = 0; round < 50; round++) {
      records.forget(ownerId)
      const existing = await records.readAny(ownerId)
      // A write that appeared to fail had reached the store, and another process has refreshed since: its token may be
      // spent.
      if (
        pending !== undefined &&
        isSameGrant(existing, pending.next) &&
        !isSameGrant(pending.replaced, pending.next)
      ) {
        pending.onWritten()
        return existing
      }
      const before = existing === undefined || 'corrupt' in existing ? undefined : existing.accountId
      const next = newRecord(context, grant, sealed)
      const onWritten = (): void => {
        if (existing === undefined) emit('connection.created', next, {})
        else emit('connection.replaced', next, { accountChanged: isOtherAccount(before, grant.account?.id) })
      }
      pending = { replaced: existing, next, onWritten }
      if (await records.writeWithRetry(ownerId, existing, next, onWritten)) return next
    }
    throw new ConnectionError('CONNECTION_CHANGED', 'The connection is being changed by other processes; try again.', {
      ownerId,
    })
  }
  return await retry(install, {
    retries: 5,
    minTimeout: 200,
    maxTimeout: 2000,
    randomize: true,
    shouldRetry: ({ error }) => isStagedoorError(error) && error.retryable,
  })
}

type ExistingRecord = ConnectionRecord | CorruptRecord | undefined

function isSameGrant(record: ExistingRecord, grant: ConnectionRecord): record is ConnectionRecord {
  if (record === undefined || 'corrupt' in record) return false
  return record.createdAt === grant.createdAt && record.authorizedAt === grant.authorizedAt
}

function newRecord(
  { settings, schedule }: ConnectionsContext,
  { ownerId, tokens, authorizedAt, account }: Grant,
  sealed: Pick<ConnectionRecord, 'accessToken' | 'refreshToken'>,
): ConnectionRecord {
  const now = Math.round(settings.now())
  const record: ConnectionRecord = {
    provider: settings.provider.id,
    ownerId,
    account: '',
    app: settings.clientId,
    revision: newRevision(),
    ...(account === undefined || !isStorable(account.id) ? {} : { accountId: account.id }),
    ...(account?.name === undefined ? {} : { accountName: account.name }),
    ...storableTokens(tokens),
    ...sealed,
    authorizedAt: Math.round(authorizedAt),
    ...(settings.provider.grantMonths === undefined
      ? {}
      : { grantEndsAt: grantEnd(settings.provider, Math.round(authorizedAt)) }),
    status: 'connected',
    checkAt: now,
    nextCheckAt: now,
    createdAt: now,
    updatedAt: now,
    leaseEnd: undefined,
  }
  const checkAt = schedule.first(record, now)
  return { ...record, checkAt, nextCheckAt: checkAt }
}

function isOtherAccount(before: string | undefined, after: string | undefined): boolean {
  return before !== undefined && after !== undefined && before !== after
}
