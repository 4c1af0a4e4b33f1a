import type { TokenEndpoint } from '../oauth/token-endpoint.ts'
import type { EmitTransition } from './events/events.ts'
import type { OperationTimer } from './events/operation-timer.ts'
import type { ConnectionsSettings } from './options.ts'
import type { LocalFailures } from './records/local-failures.ts'
import type { ConnectionRecord } from './records/record.ts'
import type { ConnectionRecords } from './records/records.ts'
import type { Schedule } from './records/schedule.ts'
import type { TokenSeal } from './records/token-seal.ts'

/** Shared by the parts of one `createConnections`. */
export interface ConnectionsContext {
  readonly settings: ConnectionsSettings
  readonly records: ConnectionRecords
  readonly seal: TokenSeal
  readonly schedule: Schedule
  readonly emit: EmitTransition
  readonly timer: OperationTimer
  readonly tokenEndpoint: TokenEndpoint
  readonly localFailures: LocalFailures
  /** Aborted by `close` at once: no refresh begins any more. */
  readonly stopping: AbortSignal
  /** Aborted by `close` when what was under way has had its time: retries against an unavailable store stop. */
  readonly closing: AbortSignal
  /** Runs work without a caller. A failure is ignored; `close` waits for the work. */
  background(work: Promise<unknown>): void
}

/** The context of a refresh. */
export interface RefreshContext extends ConnectionsContext {
  /** Revokes a record's refresh token in the background, where the provider has an endpoint for it. */
  revoke(record: ConnectionRecord): void
}
