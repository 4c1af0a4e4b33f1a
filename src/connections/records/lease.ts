import type { ConnectionRecord } from './record.ts'

/** How long a lease can last, and the clock on which a process waits for it. */
export interface LeaseSettings {
  /** Milliseconds that only this process measures, and that never go back. */
  readonly clock: () => number
  /** Milliseconds. */
  readonly lease: number
  /** Milliseconds. */
  readonly timeout: number
}

/** Milliseconds until the record's lease ends, on the process's own clock; zero without one. */
export function leaseLeft(record: ConnectionRecord, { clock }: Pick<LeaseSettings, 'clock'>): number {
  return Math.max((record.leaseEnd ?? 0) - clock(), 0)
}

/**
 * Whether a process may be refreshing. A store may have no clock of its own: then the end comes from the clock of the
 * process that took the lease, which may be ahead by what `refresh.lease` leaves beside `refresh.timeout`. A lease that
 * ends even later comes from a wrong clock and is ignored.
 */
export function leaseIsLive(record: ConnectionRecord, settings: LeaseSettings): boolean {
  const left = leaseLeft(record, settings)
  return record.lease !== undefined && left > 0 && left <= 2 * settings.lease - settings.timeout
}
