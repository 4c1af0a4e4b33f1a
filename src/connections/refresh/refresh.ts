import { loadRetry } from '../../internal/retry.ts'
import { abortable, type CallOptions } from '../../internal/signal.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { StoredConnection } from '../../stores/store.ts'
import type { RefreshContext } from '../context.ts'
import { patience, within } from '../patience.ts'
import { backingOff, leaseIsLive, refreshDueAt } from '../records/record.ts'
import {
  needsReauth,
  notFound,
  notStored,
  pending,
  type RefreshFailure,
  refreshError,
  refreshFailure,
} from './failure.ts'
import { leaseName, outlive, takeLease } from './lease.ts'
import { markEnded, noteFailure } from './mark.ts'
import { type Kept, keepAnswer } from './persist-tokens.ts'

/** A connection with an access token that may be used. */
export interface Usable {
  readonly record: StoredConnection
  readonly accessToken: string
}

/** What one try came to. `lost`: someone else holds the record. `changed`: look at it again. */
type Attempt =
  | { readonly outcome: 'refreshed'; readonly record: StoredConnection }
  | { readonly outcome: 'lost' | 'changed' | 'gone' | 'ended' }
  | { readonly outcome: 'failed'; readonly failure: RefreshFailure; readonly leased: StoredConnection }

export interface Refresher {
  /** A token that is not `rejected`, refreshed if need be. One refresh per connection at a time, in all processes. */
  usable(ownerId: string, rejected: string | undefined, options?: CallOptions): Promise<Usable>
  /** Refreshes exactly this revision, whether or not its token lives: the monitor's check. */
  check(record: StoredConnection): Promise<Attempt['outcome']>
  /** Whether a token has come that the store has not taken yet. */
  isWriting(ownerId: string): boolean
  /** Waits for what is under way. */
  settled(): Promise<void>
}

/** How many leases of others a caller waits for, and how often it looks again, before it is told to come back. */
const maxWaits = 3
const maxRounds = 50

export function createRefresher(context: RefreshContext): Refresher {
  const { settings, records, seal, tokenEndpoint } = context
  const { margin, timeout, lease: leaseLength, now } = settings
  const flights = new Map<string, Promise<Usable | undefined>>()
  const unwritten = new Map<string, { readonly leased: StoredConnection; readonly writing: Promise<Kept> }>()

  /** The record's own access token, as long as it lives and nobody has rejected it. */
  async function oldToken(record: StoredConnection, rejected: string | undefined): Promise<Usable | undefined> {
    if (now() >= record.expiresAt) return undefined
    const accessToken = await seal.open(record.ownerId, 'access', record.accessToken)
    return accessToken === rejected ? undefined : { record, accessToken }
  }

  /** @param late takes an answer that comes after it was given up, as it can where `fetch` does not heed its signal */
  async function request(
    sent: string,
    scopes: readonly string[],
    late: (answer: TokenSet) => Promise<unknown>,
  ): Promise<TokenSet | RefreshFailure> {
    const limit = patience(timeout)
    const answer = tokenEndpoint.refresh({ refreshToken: sent, scopes }, { signal: limit.signal })
    try {
      return await abortable(answer, limit.signal)
    } catch (error) {
      if (limit.over()) context.background(answer.then(late))
      return refreshFailure(error, limit.over())
    } finally {
      limit.done()
    }
  }

  /** Takes the lease of exactly this revision and makes one token request. */
  function attempt(record: StoredConnection, used: boolean): Promise<Attempt> {
    return context.stopwatch.refresh(() => refreshOnce(record, used))
  }

  async function refreshOnce(record: StoredConnection, used: boolean): Promise<Attempt> {
    const { ownerId } = record
    if (record.refreshToken === undefined) return { outcome: await markEnded(context, record) }
    // Nobody would be left to write a new refresh token if the store were away for a moment.
    if (context.closing.aborted) throw refreshError(ownerId, '')
    // Opened, and the sealing tried, before the lease: a slow or failing KMS must cost neither lease nor token.
    const sent = await seal.open(ownerId, 'refresh', record.refreshToken)
    await loadRetry()
    await seal.ready(ownerId)
    const leased = await takeLease(context, record)
    if (leased === undefined) return { outcome: 'lost' }
    const keep = (good: TokenSet): Promise<Kept> => {
      const writing = keepAnswer(context, leased, sent, good, used)
      const entry = { leased, writing }
      unwritten.set(ownerId, entry)
      context.background(writing.finally(() => unwritten.get(ownerId) === entry && unwritten.delete(ownerId)))
      return writing
    }
    const answer = await request(sent, leased.scopes, keep)
    if ('kind' in answer) {
      if (answer.kind === 'ended') return { outcome: await markEnded(context, leased) }
      await noteFailure(context, leased, answer)
      return { outcome: 'failed', failure: answer, leased }
    }
    const kept = await storedInTime(ownerId, keep(answer), leased.lease?.until)
    return typeof kept === 'string' ? { outcome: kept } : { outcome: 'refreshed', record: kept }
  }

  async function storedInTime(ownerId: string, writing: Promise<Kept>, until: number | undefined): Promise<Kept> {
    const left = (until ?? 0) - now()
    const kept = await within(writing, Math.min(Math.max(left, 1000), leaseLength)).catch((error: unknown) => {
      throw notStored(ownerId, error)
    })
    if (kept === undefined) throw notStored(ownerId)
    return kept.value
  }

  /** Whether the store holds the same grant still, as far as it can say: the user may have disconnected or signed in anew. */
  async function stillHolds(leased: StoredConnection): Promise<boolean> {
    const stored = await records.read(leased.ownerId).catch(() => leased)
    return stored?.authorizedAt === leased.authorizedAt && stored.createdAt === leased.createdAt
  }

  async function flight(ownerId: string, rejected: string | undefined): Promise<Usable> {
    const waiting = unwritten.get(ownerId)
    if (waiting !== undefined && (await stillHolds(waiting.leased))) {
      const old = await oldToken(waiting.leased, rejected)
      if (old !== undefined) return old
      await storedInTime(ownerId, waiting.writing, undefined)
    }
    let waits = 0
    let repeated = false
    let outlived: string | undefined
    for (let round = 0; round < maxRounds; round++) {
      const record = await records.read(ownerId)
      if (record === undefined) throw notFound(ownerId)
      if (record.status === 'needs_reauth') throw needsReauth(ownerId)
      if (now() < refreshDueAt(record, margin)) {
        const fresh = await oldToken(record, rejected)
        if (fresh !== undefined) return fresh
      }
      const mustWait = !repeated && backingOff(record, now())
      if (mustWait) {
        const old = await oldToken(record, rejected)
        if (old !== undefined) return old
      }
      if (leaseIsLive(record, now(), leaseLength) && leaseName(record) !== outlived) {
        if (waits++ >= maxWaits) break
        if (await outlive(context, record)) outlived = leaseName(record)
        continue
      }
      if (mustWait) throw refreshError(ownerId, record.failure?.code ?? '')
      const tried = await attempt(record, true).catch(async (error: unknown) => {
        const old = await oldToken(record, rejected).catch(() => undefined)
        if (old === undefined) throw error
        return old
      })
      if (!('outcome' in tried)) return tried
      switch (tried.outcome) {
        case 'refreshed': {
          const accessToken = await seal.open(ownerId, 'access', tried.record.accessToken)
          return { record: tried.record, accessToken }
        }
        case 'gone':
          throw notFound(ownerId)
        case 'ended':
          throw needsReauth(ownerId)
        case 'failed': {
          if (tried.failure.kind === 'config') throw refreshError(ownerId, tried.failure.code)
          const old = await oldToken(record, rejected)
          if (old !== undefined) return old
          if (!tried.failure.unanswered || repeated) throw refreshError(ownerId, tried.failure.code)
          // The server may still act on what it was sent: the store is read again when the lease is over, then one retry.
          repeated = true
          if (await outlive(context, tried.leased)) outlived = leaseName(tried.leased)
          break
        }
        default:
      }
    }
    throw pending(ownerId)
  }

  return {
    async usable(ownerId, rejected, options) {
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
      if (leaseIsLive(record, now(), leaseLength)) return 'lost'
      const checking = attempt(record, false).finally(() => flights.delete(ownerId))
      // A caller who joins looks at the store afterwards, whatever the check came to.
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
