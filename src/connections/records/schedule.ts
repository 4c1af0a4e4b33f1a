import { jitter } from '../../internal/jitter.ts'
import { type ConnectionFacts, never, reauthorizeBy, refreshDueAt } from './record.ts'

const hour = 3_600_000
const day = 86_400_000
/** The fraction of the interval between two checks over which they are spread. */
const spread = 0.25

const lastChecked = (record: ConnectionFacts): number => record.refreshedAt ?? record.createdAt

/** When a connection is checked next. `checkAt` also distinguishes used from idle connections. */
export interface Schedule {
  /** Milliseconds between two checks of an idle connection. */
  checkEvery: number
  /** Milliseconds before the end of a grant at which its owner is warned. */
  warnBefore: number
  /** For a new grant: now if its end is near, otherwise as after a use. */
  first(record: ConnectionFacts, now: number): number
  /** After a use: shortly before the refresh is due, if that is within an hour. */
  afterUse(record: ConnectionFacts, now: number): number
  /** After a refresh by the monitor. */
  idle(record: ConnectionFacts, now: number): number
  /** Whether a connection that is scheduled as idle is in use. */
  usedWhileIdle(record: ConnectionFacts, now: number): boolean
  /** Whether a due connection must be refreshed rather than rescheduled. */
  needsRefresh(record: ConnectionFacts, now: number): boolean
  /** After this number of consecutive failures. Honours the server's `retryAt`, up to the next idle check. */
  retry(attempts: number, now: number, retryAt: number | undefined): number
}

export function createSchedule({ margin }: { readonly margin: number }): Schedule {
  const ahead = (record: ConnectionFacts): number => {
    const due = refreshDueAt(record, margin)
    return Math.round(due - jitter(Math.min(record.expiresAt - due, margin)))
  }
  const schedule: Schedule = {
    checkEvery: day,
    warnBefore: 14 * day,
    first(record, now) {
      const near = now >= reauthorizeBy(record) - schedule.warnBefore
      return near ? now : schedule.afterUse(record, now)
    },
    afterUse(record, now) {
      const at = ahead(record)
      return at - now <= hour ? at : schedule.idle(record, now)
    },
    idle(record, now) {
      if (record.status === 'needs_reauth') return never
      const last = Math.min(lastChecked(record), now)
      const check = Math.max(last + (1 - spread) * schedule.checkEvery + jitter(spread * schedule.checkEvery), now)
      const warn = reauthorizeBy(record) - schedule.warnBefore
      if (record.refreshToken === undefined) return warn > now ? Math.min(warn, record.expiresAt) : record.expiresAt
      return Math.round(warn > now ? Math.min(check, warn) : check)
    },
    usedWhileIdle(record, now) {
      if (record.status !== 'connected' || record.failure !== undefined || record.refreshToken === undefined)
        return false
      const due = refreshDueAt(record, margin)
      return record.checkAt > due && due - now <= hour
    },
    needsRefresh(record, now) {
      if (record.refreshToken === undefined) return now >= record.expiresAt
      if (record.failure !== undefined || record.lease !== undefined) return true
      const due = refreshDueAt(record, margin)
      const soon = due - Math.min(record.expiresAt - due, margin)
      // A use would have refreshed it: an hour after the refresh was due, the connection counts as idle.
      if (now >= soon && now - due <= hour) return true
      return now - lastChecked(record) >= (1 - spread) * schedule.checkEvery
    },
    retry(attempts, now, retryAt) {
      const longest = Math.min(1000 * 2 ** Math.min(attempts - 1, 20), 300_000)
      const backoff = longest / 2 + jitter(longest / 2)
      return Math.round(
        now + Math.min(Math.max(backoff, (retryAt ?? now) - now), Math.max(schedule.checkEvery, backoff)),
      )
    },
  }
  return schedule
}
