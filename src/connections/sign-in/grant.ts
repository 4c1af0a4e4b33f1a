import { ConnectionError, invalidArgument, isStagedoorError } from '../../errors.ts'
import { retry } from '../../internal/retry.ts'
import type { Account, Provider } from '../../oauth/provider.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { ConnectionsContext } from '../context.ts'
import { assumedAuthorization, checkOwnerId, isStorable, never, newRevision, storable } from '../records/record.ts'
import type { CorruptRecord } from '../records/records.ts'

/** Tokens that an application already has. */
export interface AdoptInput {
  readonly ownerId: string
  readonly tokens: TokenSet
  /** When the user authorized the application. Unknown: the worst is assumed, and health says so. */
  readonly authorizedAt?: Date | undefined
  readonly accountId?: string | undefined
}

/** The tokens of a user's new authorization and what is known about it. */
export interface Grant {
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
 * Stores a new grant over whatever the owner had, a running refresh included: its answer then belongs to a grant that
 * is over, and is dropped. Through a short failure of the store, since a code can be spent only once.
 */
export async function installGrant(context: ConnectionsContext, grant: Grant): Promise<StoredConnection> {
  const { records, seal, announce } = context
  const { ownerId, tokens } = grant
  const accessToken = await seal.seal(ownerId, 'access', tokens.accessToken)
  const refreshToken =
    tokens.refreshToken === undefined ? undefined : await seal.seal(ownerId, 'refresh', tokens.refreshToken)
  const sealed = { accessToken, ...(refreshToken === undefined ? {} : { refreshToken }) }
  let tried: { readonly over: Existing; readonly next: StoredConnection; readonly tell: () => void } | undefined
  const install = async (): Promise<StoredConnection> => {
    for (let round = 0; round < 50; round++) {
      records.forget(ownerId)
      const existing = await records.readAny(ownerId)
      // A write that seemed to fail had reached the store, and somebody went on from there: what it held may be spent.
      if (tried !== undefined && comesFrom(existing, tried.next) && !comesFrom(tried.over, tried.next)) {
        tried.tell()
        return existing
      }
      const before = existing === undefined || 'corrupt' in existing ? undefined : existing.accountId
      const next = newRecord(context, grant, sealed)
      const tell = (): void => {
        if (existing === undefined) announce('connection.created', next, {})
        else announce('connection.replaced', next, { accountChanged: differs(before, grant.account?.id) })
      }
      tried = { over: existing, next, tell }
      if (await records.writeSurely(ownerId, existing, next, tell)) return next
    }
    throw new ConnectionError('CONNECTION_CHANGED', 'The connection is changed by others all the time; try again.', {
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

type Existing = StoredConnection | CorruptRecord | undefined

function comesFrom(record: Existing, grant: StoredConnection): record is StoredConnection {
  if (record === undefined || 'corrupt' in record) return false
  return record.createdAt === grant.createdAt && record.authorizedAt === grant.authorizedAt
}

function newRecord(
  { settings, schedule }: ConnectionsContext,
  { ownerId, tokens, authorizedAt, account }: Grant,
  sealed: Pick<StoredConnection, 'accessToken' | 'refreshToken'>,
): StoredConnection {
  const now = Math.round(settings.now())
  const record: StoredConnection = {
    provider: settings.provider.id,
    ownerId,
    revision: newRevision(),
    ...(account === undefined || !isStorable(account.id) ? {} : { accountId: account.id }),
    ...(account?.name === undefined ? {} : { accountName: account.name }),
    ...storable(tokens),
    ...sealed,
    authorizedAt: Math.round(authorizedAt),
    status: 'connected',
    nextCheckAt: now,
    createdAt: now,
    updatedAt: now,
  }
  return { ...record, nextCheckAt: schedule.first(record, now) }
}

function differs(before: string | undefined, after: string | undefined): boolean {
  return before !== undefined && after !== undefined && before !== after
}
