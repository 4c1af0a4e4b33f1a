import type { TokenEndpoint } from '../oauth/token-endpoint.ts'
import type { StoredConnection } from '../stores/store.ts'
import type { Announce } from './events/events.ts'
import type { Stopwatch } from './events/measure.ts'
import type { ConnectionsSettings } from './options.ts'
import type { ConnectionRecords } from './records/records.ts'
import type { Schedule } from './records/schedule.ts'
import type { TokenSeal } from './records/token-seal.ts'

/** What the parts of one `createConnections` share. */
export interface ConnectionsContext {
  readonly settings: ConnectionsSettings
  readonly records: ConnectionRecords
  readonly seal: TokenSeal
  readonly schedule: Schedule
  readonly announce: Announce
  readonly stopwatch: Stopwatch
  readonly tokenEndpoint: TokenEndpoint
  /** Aborted when waiting for a store that is down has to end. */
  readonly closing: AbortSignal
  /** Lets work run on without a caller; its failure harms nobody. `close` waits for it. */
  background(work: Promise<unknown>): void
}

/** What refreshing needs. */
export interface RefreshContext extends ConnectionsContext {
  /** Revokes a record's refresh token in the background, where the provider has an endpoint for it. */
  revoke(record: StoredConnection): void
}
