import { loadRetry } from '../../internal/retry.ts'
import { abortable, type CallOptions } from '../../internal/signal.ts'
import { runningTimeSignal, settleWithin } from '../../internal/timeout.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { RefreshContext } from '../context.ts'
import { leaseIsLive, leaseLeft } from '../records/lease.ts'
import { backingOff, type ConnectionRecord, refreshDueAt } from '../records/record.ts'
import {
  needsReauth,
  notFound,
  notStored,
  pending,
  type RefreshFailure,
  refreshError,
  refreshFailure,
} from './failure.ts'
import { takeLease, waitForLease } from './lease.ts'
import { type PersistResult, persistTokens } from './persist-tokens.ts'
import { markNeedsReauth, recordFailure } from './record-failure.ts'

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
  const { settings, records, seal, tokenEndpoint } = context
  const { margin, timeout, lease: leaseLength, now } = settings
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
   * @param onLateResponse receives a response that arrives after the timeout, if `fetch` ignores its signal
   */
  async function request(
    sent: string,
    scopes: readonly string[],
    onLateResponse: (response: TokenSet) => Promise<unknown>,
  ): Promise<TokenSet | RefreshFailure> {
    const limit = runningTimeSignal(timeout, timeoutError)
    const response = tokenEndpoint.refresh({ refreshToken: sent, scopes }, { signal: limit.signal })
    try {
      return await abortable(response, limit.signal)
    } catch (error) {
      if (limit.signal.aborted) context.background(response.then(onLateResponse))
      return refreshFailure(error, limit.signal.aborted)
    } finally {
      limit.done()
    }
  }

  /** Takes the lease of exactly this revision and makes one token request. */
  function attempt(record: ConnectionRecord, used: boolean): Promise<Attempt> {
    return context.timer.refresh(() => refreshOnce(record, used))
  }

  async function refreshOnce(record: ConnectionRecord, used: boolean): Promise<Attempt> {
    const { ownerId } = record
    if (record.refreshToken === undefined) return { outcome: await markNeedsReauth(context, record) }
    // After `close` a new refresh token might not be written.
    if (context.closing.aborted) throw refreshError(ownerId, '')
    // Open the old token and test sealing before taking the lease: a slow or failing KMS must cost neither lease nor
    // token.
    const sent = await seal.open(ownerId, 'refresh', record.refreshToken)
    await loadRetry()
    await seal.ready(ownerId)
    const leased = await takeLease(context, record)
    if (leased === undefined) return { outcome: 'lost' }
    const persist = (good: TokenSet): Promise<PersistResult> => {
      const writing = persistTokens(context, leased, sent, good, used)
      const entry = { leased, writing }
      unwritten.set(ownerId, entry)
      context.background(writing.finally(() => unwritten.get(ownerId) === entry && unwritten.delete(ownerId)))
      return writing
    }
    const response = await request(sent, leased.scopes, persist)
    if ('kind' in response) {
      if (response.kind === 'ended') return { outcome: await markNeedsReauth(context, leased) }
      const retryAt = Math.max(await recordFailure(context, leased, response), response.retryAt ?? 0)
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
      const mustWait = !retried && backingOff(record, now())
      if (mustWait) {
        const old = await currentToken(record, rejected)
        if (old !== undefined) return old
      }
      if (leaseIsLive(record, settings) && record.lease?.id !== expiredLease) {
        if (waits++ >= maxWaits) throw pending(ownerId, now() + leaseLeft(record, settings))
        if (await waitForLease(context, record)) expiredLease = record.lease?.id
        continue
      }
      if (mustWait) throw refreshError(ownerId, record.failure?.code ?? '', record.failure?.retryAt)
      const result = await attempt(record, true).catch(async (error: unknown) => {
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
    async check(record) {
      const { ownerId } = record
      if (flights.has(ownerId) || unwritten.has(ownerId)) return 'lost'
      if (leaseIsLive(record, settings)) return 'lost'
      const checking = attempt(record, false).finally(() => flights.delete(ownerId))
      // A caller that joins reads the store afterwards, whatever the result.
      const joined = checking.then(
        () => undefined,
        () => undefined,
      )
      flights.set(ownerId, joined)
      context.background(joined)
      return (await checking).outcome
    },
    isWriting: (ownerId) => unwritten.has(ownerId),
    async settled() {
      await Promise.allSettled([...flights.values(), ...[...unwritten.values()].map(({ writing }) => writing)])
    },
  }
}

function timeoutError(): DOMException {
  return new DOMException('The token request took too long.', 'TimeoutError')
}
