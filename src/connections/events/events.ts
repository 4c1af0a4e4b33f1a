import type { ErrorCode } from '../../errors.ts'
import type { Emitter } from '../../internal/emitter.ts'
import { type Connection, type ConnectionFacts, toConnection } from '../records/record.ts'

interface ConnectionEvent {
  /** Unique per transition: use it to process an event once. */
  readonly id: string
  readonly at: Date
  readonly ownerId: string
  readonly provider: string
}

/** An operation that finished in this process, for metrics. Carries no owner. */
interface FinishedEvent extends Pick<ConnectionEvent, 'id' | 'at' | 'provider'> {
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Milliseconds. */
  readonly duration: number
  /** The error's code, if the operation failed. */
  readonly code?: ErrorCode | undefined
}

/** Once per transition, in order per connection, in the process that made the transition. */
export interface ConnectionEvents {
  'connection.created': ConnectionEvent & { readonly connection: Connection }
  /** The owner signed in again; `accountChanged` if with another account. */
  'connection.replaced': ConnectionEvent & { readonly connection: Connection; readonly accountChanged: boolean }
  'connection.refreshed': ConnectionEvent & { readonly connection: Connection; readonly rotated: boolean }
  'connection.refresh_failed': ConnectionEvent & { readonly code: ErrorCode; readonly attempts: number }
  'connection.degraded': ConnectionEvent & { readonly code: ErrorCode }
  'connection.recovered': ConnectionEvent
  'connection.reauth_due_soon': ConnectionEvent & { readonly reauthorizeBy: Date }
  'connection.needs_reauth': ConnectionEvent & { readonly code: ErrorCode }
  'connection.removed': ConnectionEvent
  /** A callback was processed, successfully or not. */
  'sign_in.finished': FinishedEvent
  /**
   * One attempt to refresh. `lost`: another process held the lease; `changed`, `gone`: the connection was replaced or
   * removed in the meantime; `ended`: the grant has ended.
   */
  'refresh.finished': FinishedEvent & {
    readonly outcome: 'refreshed' | 'failed' | 'ended' | 'lost' | 'changed' | 'gone'
  }
  'key.rotated': {
    readonly id: string
    readonly at: Date
    readonly keyId: string
    readonly done: number
    readonly failed: number
  }
}

type TransitionName = Extract<keyof ConnectionEvents, `connection.${string}`>
type EventRecord<E extends TransitionName> = E extends 'connection.removed'
  ? Pick<ConnectionFacts, 'ownerId' | 'provider' | 'revision'>
  : ConnectionFacts
type EventDetails<E extends TransitionName> = Omit<ConnectionEvents[E], keyof ConnectionEvent | 'connection'>

/** Emits a transition. `record` is the stored record after it, or before its removal. */
export type EmitTransition = <E extends TransitionName>(
  event: E,
  record: EventRecord<E>,
  extra: EventDetails<E>,
  key?: string,
) => void

/** Whether the payload has the connection. The compiler requires every transition, with the value of its type. */
const hasConnection: {
  readonly [E in TransitionName]: ConnectionEvents[E] extends { readonly connection: Connection } ? true : false
} = {
  'connection.created': true,
  'connection.replaced': true,
  'connection.refreshed': true,
  'connection.refresh_failed': false,
  'connection.degraded': false,
  'connection.recovered': false,
  'connection.reauth_due_soon': false,
  'connection.needs_reauth': false,
  'connection.removed': false,
}

/** An event's id follows from the write that made the transition, so that emitting it twice gives the same id. */
export function createTransitionEmitter(
  emitter: Emitter<ConnectionEvents>,
  settings: { readonly now: () => number },
): EmitTransition {
  return (event, record, extra, key = record.revision) => {
    const base: ConnectionEvent = {
      id: `${event.slice('connection.'.length)}:${key}`,
      at: new Date(settings.now()),
      ownerId: record.ownerId,
      provider: record.provider,
    }
    const connection = hasConnection[event] ? { connection: toConnection(record as ConnectionFacts) } : {}
    emitter.emit(event, { ...base, ...connection, ...extra } as ConnectionEvents[typeof event])
  }
}
