import type { ErrorCode } from '../../errors.ts'
import { ExpiringMap } from '../../internal/expiring-map.ts'
import { jitter } from '../../internal/jitter.ts'

/** A failure that only this process has had. */
export interface LocalFailure {
  readonly code: ErrorCode
  /** Epoch milliseconds. */
  readonly at: number
  readonly attempts: number
  /** Epoch milliseconds from which on this process tries again. */
  readonly retryAt: number
}

/** A failure to remember. `general`: it concerns every connection of this process. */
interface NewFailure {
  readonly code: ErrorCode
  readonly general: boolean
  /** Epoch milliseconds, if the failure itself names a time. */
  readonly retryAt: number | undefined
}

/**
 * What this process alone could not do: reach the token endpoint, be accepted there, open or seal a token. Kept in memory,
 * with a backoff: another process may be able to, so nothing of it is written into a record.
 */
export interface LocalFailures {
  /** The failure for which a refresh of this connection must wait. */
  blocking(ownerId: string): LocalFailure | undefined
  /** The last failure of this connection, until the provider has responded to a refresh of it. */
  last(ownerId: string): LocalFailure | undefined
  /** A failure for which every refresh must wait. */
  general(): LocalFailure | undefined
  /** As `blocking`. After a failure that concerns every connection it lets one refresh through, as a probe. */
  enter(ownerId: string): LocalFailure | undefined
  /** Remembers a failure for which nothing must wait. */
  note(ownerId: string, code: ErrorCode): LocalFailure
  /** Whether the last request failed in a way that may concern every connection. */
  readonly isGeneral: boolean
  /** @returns epoch milliseconds from which on this process tries again */
  add(ownerId: string, failure: NewFailure): number
  /** After a response of the provider: this process can reach it. */
  clear(ownerId: string): void
}

/** Milliseconds: at most six requests a minute are sent to a token endpoint that cannot be reached. */
const generalBackoff = 10_000
/** So many failures in a row, without a success between them, concern every connection. */
const generalAfter = 3
const firstBackoff = 1_000
const longestBackoff = 60_000
const keptFor = 3_600_000

export function createLocalFailures(now: () => number): LocalFailures {
  const byOwner = new ExpiringMap<string, LocalFailure>({ maxSize: 10_000, maxAge: keptFor, now })
  let general: LocalFailure | undefined
  let streak = 0

  const active = (failure: LocalFailure | undefined): LocalFailure | undefined =>
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
      return streak > 0
    },
    add(ownerId, { code, general: concernsAll, retryAt = 0 }) {
      const at = Math.round(now())
      const attempts = (byOwner.get(ownerId)?.attempts ?? 0) + 1
      const longest = Math.min(firstBackoff * 2 ** Math.min(attempts - 1, 10), longestBackoff)
      const failure = {
        code,
        at,
        attempts,
        retryAt: Math.round(Math.max(at + longest / 2 + jitter(longest / 2), retryAt)),
      }
      byOwner.set(ownerId, failure)
      if (!concernsAll) return failure.retryAt
      streak += 1
      if (streak < generalAfter && code !== 'CONFIG_CLIENT_REJECTED') return failure.retryAt
      const backoff = generalBackoff + jitter(generalBackoff / 2)
      general = { ...failure, retryAt: Math.round(Math.max(at + backoff, retryAt)) }
      return general.retryAt
    },
    clear(ownerId) {
      general = undefined
      streak = 0
      byOwner.delete(ownerId)
    },
  }
}
