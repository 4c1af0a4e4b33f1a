import { ExpiringMap } from '../../internal/expiring-map.ts'
import { jitter } from '../../internal/jitter.ts'
import type { RefreshFailure } from './failure.ts'

/** A failure that only this process has had. */
export interface ProcessFailure {
  readonly code: RefreshFailure['code']
  /** Epoch milliseconds. */
  readonly at: number
  readonly attempts: number
  /** Epoch milliseconds from which on this process tries again. */
  readonly retryAt: number
}

/**
 * What this process alone could not do: reach the token endpoint, be accepted there, open or seal a token. Kept in memory,
 * with a backoff: another process may be able to, so nothing of it is written into a record.
 */
export interface ProcessTrouble {
  /** The failure for which a refresh of this connection must wait. */
  blocking(ownerId: string): ProcessFailure | undefined
  /** The last failure of this connection, until a refresh of it succeeds. */
  last(ownerId: string): ProcessFailure | undefined
  /** A failure for which every refresh must wait. */
  general(): ProcessFailure | undefined
  /** As `blocking`. After a failure that concerns every connection it lets one refresh through, as a probe. */
  enter(ownerId: string): ProcessFailure | undefined
  /** Remembers a failure for which nothing must wait. */
  note(ownerId: string, code: ProcessFailure['code']): ProcessFailure
  /** Whether requests failed for every connection when this process last tried. */
  readonly isGeneral: boolean
  /** @returns epoch milliseconds from which on this process tries again */
  add(ownerId: string, failure: Pick<RefreshFailure, 'code' | 'general' | 'retryAt'>): number
  clear(ownerId: string): void
}

/** Milliseconds: at most six requests a minute are sent to a token endpoint that cannot be reached. */
const generalBackoff = 10_000
const firstBackoff = 1_000
const longestBackoff = 60_000
const keptFor = 3_600_000

export function createProcessTrouble(now: () => number): ProcessTrouble {
  const byOwner = new ExpiringMap<string, ProcessFailure>({ maxSize: 10_000, maxAge: keptFor, now })
  let general: ProcessFailure | undefined

  const active = (failure: ProcessFailure | undefined): ProcessFailure | undefined =>
    failure !== undefined && failure.at <= now() && now() < failure.retryAt ? failure : undefined

  return {
    blocking: (ownerId) => active(general) ?? active(byOwner.get(ownerId)),
    last: (ownerId) => byOwner.get(ownerId) ?? general,
    general: () => active(general),
    enter(ownerId) {
      const blocking = this.blocking(ownerId)
      if (blocking === undefined && general !== undefined) {
        general = { ...general, at: Math.round(now()), retryAt: Math.round(now()) + generalBackoff }
      }
      return blocking
    },
    note(ownerId, code) {
      const at = Math.round(now())
      const failure = { code, at, attempts: (byOwner.get(ownerId)?.attempts ?? 0) + 1, retryAt: at }
      byOwner.set(ownerId, failure)
      return failure
    },
    get isGeneral() {
      return general !== undefined
    },
    add(ownerId, { code, general: concernsAll, retryAt = 0 }) {
      const before = concernsAll ? general : byOwner.get(ownerId)
      const attempts = (before?.attempts ?? 0) + 1
      const longest = Math.min(firstBackoff * 2 ** Math.min(attempts - 1, 10), longestBackoff)
      const backoff = concernsAll ? generalBackoff + jitter(generalBackoff / 2) : longest / 2 + jitter(longest / 2)
      const at = Math.round(now())
      const failure = { code, at, attempts, retryAt: Math.round(Math.max(at + backoff, retryAt)) }
      if (concernsAll) general = failure
      else byOwner.set(ownerId, failure)
      return failure.retryAt
    },
    clear(ownerId) {
      general = undefined
      byOwner.delete(ownerId)
    },
  }
}
