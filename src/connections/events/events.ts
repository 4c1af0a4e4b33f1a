import type { ErrorCode } from '../../errors.ts'
import type { Emitter } from '../../internal/emitter.ts'
import type { Provider } from '../../oauth/provider.ts'
import type { StoredConnection } from '../../stores/store.ts'
import { type Connection, toConnection } from '../records/record.ts'

interface ConnectionEvent {
  /** Unique per transition: use it to handle an event once. */
  readonly id: string
  readonly at: Date
  readonly ownerId: string
  readonly provider: string
}

/** Work that came to its end in this process, for measuring. Says nothing about whose it was. */
interface FinishedEvent extends Pick<ConnectionEvent, 'id' | 'at' | 'provider'> {
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Milliseconds. */
  readonly duration: number
  /** Of the error, if there was one. */
  readonly code?: ErrorCode | undefined
}

/** Once per transition, in order per connection, in the process that made the transition. */
export interface ConnectionEvents {
  'connection.created': ConnectionEvent & { readonly connection: Connection }
  /** The owner signed in again; `accountChanged` when with another account. */
  'connection.replaced': ConnectionEvent & { readonly connection: Connection; readonly accountChanged: boolean }
  'connection.refreshed': ConnectionEvent & { readonly connection: Connection; readonly rotated: boolean }
  'connection.refresh_failed': ConnectionEvent & { readonly code: ErrorCode; readonly attempts: number }
  'connection.degraded': ConnectionEvent & { readonly code: ErrorCode }
  'connection.recovered': ConnectionEvent
  'connection.reauth_due_soon': ConnectionEvent & { readonly reauthorizeBy: Date }
  'connection.needs_reauth': ConnectionEvent & { readonly code: ErrorCode }
  'connection.removed': ConnectionEvent
  /** A callback was dealt with, well or badly. */
  'sign_in.finished': FinishedEvent
  /**
   * One try to refresh. `lost`: somebody else held the connection; `changed` and `gone`: it was replaced or removed
   * meanwhile; `ended`: the grant is over.
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

type OfConnection = Exclude<keyof ConnectionEvents, 'key.rotated' | 'sign_in.finished' | 'refresh.finished'>
type Told<E extends OfConnection> = E extends 'connection.removed'
  ? Pick<StoredConnection, 'ownerId' | 'provider' | 'revision'>
  : StoredConnection
type Extra<E extends OfConnection> = Omit<ConnectionEvents[E], keyof ConnectionEvent | 'connection'>

/** Tells a transition: `record` is what the store holds after it, or held before its removal. */
export type Announce = <E extends OfConnection>(event: E, record: Told<E>, extra: Extra<E>, key?: string) => void

const withConnection: ReadonlySet<string> = new Set([
  'connection.created',
  'connection.replaced',
  'connection.refreshed',
])

/** The id of an event follows from the write that made the transition, so telling it twice tells the same id. */
export function createAnnounce(
  emitter: Emitter<ConnectionEvents>,
  settings: { readonly provider: Provider; readonly now: () => number },
): Announce {
  return (event, record, extra, key = record.revision) => {
    const payload = {
      id: `${event.slice('connection.'.length)}:${key}`,
      at: new Date(settings.now()),
      ownerId: record.ownerId,
      provider: record.provider,
      ...(withConnection.has(event) ? { connection: toConnection(record as StoredConnection, settings.provider) } : {}),
      ...extra,
    }
    emitter.emit(event, payload as unknown as ConnectionEvents[typeof event])
  }
}
