import { loadRetry } from '../../internal/retry.ts'
import { abortable, type CallOptions } from '../../internal/signal.ts'
import { settleWithin } from '../../internal/timeout.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { RefreshContext } from '../context.ts'
import { leaseIsLive, leaseLeft } from '../records/lease.ts'
import { backingOff, type ConnectionRecord, refreshDueAt } from '../records/record.ts'
import { needsReauth, notFound, notStored, pending, type RefreshFailure, refreshError } from './failure.ts'
import { takeLease, waitForLease } from './lease.ts'
import { type PersistResult, persistTokens } from './persist-tokens.ts'
import { markNeedsReauth, recordFailure, returnLease } from './record-failure.ts'
import { requestTokens } from './token-request.ts'

/** A record and its open access token. */
export interface ConnectionToken {
  readonly record: ConnectionRecord
  readonly accessToken: string
}

/** The result of one attempt. `lost`: another process holds the lease. `changed`: the record must be read again. */
type Attempt =
  | { readonly outcome: 'refreshed'; readonly record: ConnectionRecord }
  | { readonly outcome: 'lost' | 'changed' | 'gone' | 'ended' }
  | {
      readonly outcome: 'failed'
      readonly failure: RefreshFailure
      readonly leased: ConnectionRecord
      /** Epoch milliseconds from which on the next attempt is allowed. */
      readonly retryAt: number
    }

export interface Refresher {
  /**
   * An access token other than `rejected`, refreshed if necessary. At most one refresh per connection at a time, in all
   * processes.
   */
  token(ownerId: string, rejected: string | undefined, options?: CallOptions): Promise<ConnectionToken>
  /**
   * Begins a refresh in the background, unless one is running anywhere or must wait. Never rejects.
   * @returns when it has ended
   */
  refreshBehind(ownerId: string): Promise<void>
  /** Refreshes exactly this revision, even if its access token is still valid. Used by the monitor. */
  check(record: ConnectionRecord): Promise<Attempt['outcome']>
  /** Whether a new token is still being written to the store. */
  isWriting(ownerId: string): boolean
  /** Waits for running refreshes and writes. */
  settled(): Promise<void>
}

/** How many leases of other processes a caller waits for, and how often it reads the record, before it fails. */
const maxWaits = 3
const maxRounds = 50

export function createRefresher(context: RefreshContext): Refresher {
  const { settings, records, seal, localFailures } = context
  const { margin, lease: leaseLength, now } = settings
  const flights = new Map<string, Promise<ConnectionToken | undefined>>()
  const unwritten = new Map<string, { readonly leased: ConnectionRecord; readonly writing: Promise<PersistResult> }>()

  /** The stored access token, unless it has expired or was rejected. */
  async function currentToken(
    record: ConnectionRecord,
    rejected: string | undefined,
  ): Promise<ConnectionToken | undefined> {
    if (now() >= record.expiresAt) return undefined
    const accessToken = await seal.open(record.ownerId, 'access', record.accessToken)
    return accessToken === rejected ? undefined : { record, accessToken }
  }

  /**
   * Takes the lease of exactly this revision and requests new tokens.
   * @param again whether the request follows one without a response, whatever backoff that caused
   */
  function attempt(record: ConnectionRecord, used: boolean, again = false): Promise<Attempt> {
    return context.timer.refresh(() => refreshOnce(record, used, again))
  }

  async function refreshOnce(record: ConnectionRecord, used: boolean, again: boolean): Promise<Attempt> {
    const { ownerId } = record
    if (record.refreshToken === undefined) return { outcome: await markNeedsReauth(context, record) }
    // After `close` a new refresh token might not be written.
    if (context.stopping.aborted) throw refreshError(ownerId, '')
    const blocked = again ? undefined : localFailures.enter(ownerId)
    if (blocked !== undefined) throw refreshError(ownerId, blocked.code, blocked.retryAt)
    // Open the old token and test sealing before taking the lease: a slow or failing KMS must cost neither lease nor
    // token.
    const sent = await seal.open(ownerId, 'refresh', record.refreshToken)
    await loadRetry()
    await seal.ready(ownerId)
    if (context.closing.aborted) throw refreshError(ownerId, '')
    const leased = await takeLease(context, record)
    if (leased === undefined) return { outcome: 'lost' }
    const persist = (good: TokenSet): Promise<PersistResult> => {
      const writing = persistTokens(context, leased, sent, good, used)
      const entry = { leased, writing }
      unwritten.set(ownerId, entry)
      context.background(writing.finally(() => unwritten.get(ownerId) === entry && unwritten.delete(ownerId)))
      return writing
    }
    const response = await requestTokens(context, leased, sent, persist)
    // A refusal has come from the endpoint, too: it is within reach and knows the client.
    if (!('kind' in response) || response.origin === 'provider') localFailures.clear(ownerId)
    if ('kind' in response) {
      if (response.kind === 'ended') return { outcome: await markNeedsReauth(context, leased) }
      const record = response.origin === 'provider' ? recordFailure : returnLease
      const retryAt = Math.max(await record(context, leased, response, used), response.retryAt ?? 0)
      return { outcome: 'failed', failure: response, leased, retryAt }
    }
    const result = await storedWithin(ownerId, persist(response), leaseLeft(leased, settings))
    return typeof result === 'string' ? { outcome: result } : { outcome: 'refreshed', record: result }
  }

  async function storedWithin(ownerId: string, writing: Promise<PersistResult>, left: number): Promise<PersistResult> {
    const result = await settleWithin(writing, Math.min(Math.max(left, 1000), leaseLength)).catch((error: unknown) => {
      throw notStored(ownerId, error)
    })
    if (result === undefined) throw notStored(ownerId)
    return result.value
  }

  /** Whether the store still holds the same grant: the user may have disconnected or signed in again. */
  async function stillHolds(leased: ConnectionRecord): Promise<boolean> {
    const stored = await records.read(leased.ownerId).catch(() => leased)
    return stored?.authorizedAt === leased.authorizedAt && stored.createdAt === leased.createdAt
  }

  async function flight(ownerId: string, rejected: string | undefined): Promise<ConnectionToken> {
    const waiting = unwritten.get(ownerId)
    if (waiting !== undefined && (await stillHolds(waiting.leased))) {
      const old = await currentToken(waiting.leased, rejected)
      if (old !== undefined) return old
      await storedWithin(ownerId, waiting.writing, 0)
    }
    let waits = 0
    let retried = false
    let expiredLease: string | undefined
    for (let round = 0; round < maxRounds; round++) {
      const record = await records.read(ownerId)
      if (record === undefined) throw notFound(ownerId)
      if (record.status === 'needs_reauth') throw needsReauth(ownerId)
      if (now() < refreshDueAt(record, margin)) {
        const fresh = await currentToken(record, rejected)
        if (fresh !== undefined) return fresh
      }
      const blocked = localFailures.blocking(ownerId)
      const mustWait = !retried && (blocked !== undefined || backingOff(record, now()))
      if (mustWait) {
        const old = await currentToken(record, rejected)
        if (old !== undefined) return old
      }
      if (leaseIsLive(record, settings) && record.lease?.id !== expiredLease) {
        if (waits++ >= maxWaits) throw pending(ownerId, now() + leaseLeft(record, settings))
        if (await waitForLease(context, record)) expiredLease = record.lease?.id
        continue
      }
      if (mustWait) {
        const { code, retryAt } = blocked ?? record.failure ?? { code: '', retryAt: undefined }
        throw refreshError(ownerId, code, retryAt)
      }
      const result = await attempt(record, true, retried).catch(async (error: unknown) => {
        const old = await currentToken(record, rejected).catch(() => undefined)
        if (old === undefined) throw error
        return old
      })
      if (!('outcome' in result)) return result
      switch (result.outcome) {
        case 'refreshed': {
          const accessToken = await seal.open(ownerId, 'access', result.record.accessToken)
          return { record: result.record, accessToken }
        }
        case 'gone':
          throw notFound(ownerId)
        case 'ended':
          throw needsReauth(ownerId)
        case 'failed': {
          if (result.failure.kind === 'config') throw refreshError(ownerId, result.failure.code)
          const old = await currentToken(record, rejected)
          if (old !== undefined) return old
          if (!result.failure.outcomeUnknown || retried) {
            throw refreshError(ownerId, result.failure.code, result.retryAt)
          }
          // The server may still process the request: read the store again when the lease has ended, then retry once.
          retried = true
          if (await waitForLease(context, result.leased)) expiredLease = result.leased.lease?.id
          break
        }
        default:
      }
    }
    throw pending(ownerId, undefined)
  }

  /** Whether this process can not begin a refresh now. It says nothing about others. */
  function isBlocked(record: ConnectionRecord): boolean {
    if (context.stopping.aborted || localFailures.blocking(record.ownerId) !== undefined) return true
    return unwritten.has(record.ownerId) || leaseIsLive(record, settings)
  }

  /** Refreshes a connection that is due, unless that must wait. While it must, the store is read as seldom as ever. */
  async function refreshDue(ownerId: string): Promise<void> {
    const mustWait = (record: ConnectionRecord): boolean => isBlocked(record) || backingOff(record, now())
    const cached = records.cached(ownerId)
    if (cached !== undefined && mustWait(cached)) return
    const record = await records.read(ownerId)
    if (record === undefined || record.status === 'needs_reauth' || now() < refreshDueAt(record, margin)) return
    if (!mustWait(record)) await attempt(record, true)
  }

  /** Lets callers join work that yields no token: they read the store afterwards, whatever its result. */
  function joinable(ownerId: string, work: Promise<unknown>): Promise<undefined> {
    const ended = (): undefined => void flights.delete(ownerId)
    const joined = work.then(ended, ended)
    flights.set(ownerId, joined)
    context.background(joined)
    return joined
  }

  return {
    async token(ownerId, rejected, options) {
      for (;;) {
        let running = flights.get(ownerId)
        const own = running === undefined
        if (running === undefined) {
          options?.signal?.throwIfAborted()
          running = flight(ownerId, rejected).finally(() => flights.delete(ownerId))
          flights.set(ownerId, running)
          context.background(running)
        }
        const result = await abortable(running, options?.signal)
        if (result !== undefined && (own || result.accessToken !== rejected)) return result
      }
    },
    async refreshBehind(ownerId) {
      await (flights.get(ownerId) ?? joinable(ownerId, refreshDue(ownerId))).catch(() => undefined)
    },
    async check(record) {
      const { ownerId } = record
      if (flights.has(ownerId) || isBlocked(record)) return 'lost'
      const checking = attempt(record, false)
      joinable(ownerId, checking)
      return (await checking).outcome
    },
    isWriting: (ownerId) => unwritten.has(ownerId),
    async settled() {
      await Promise.allSettled([...flights.values(), ...[...unwritten.values()].map(({ writing }) => writing)])
    },
  }
}
