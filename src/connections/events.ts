import type { ErrorCode } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import type { Provider } from '../oauth/provider.ts'
import type { StoredConnection } from '../stores/store.ts'
import { type Connection, toConnection } from './record.ts'

interface ConnectionEvent {
  /** Unique per transition: use it to handle an event once. */
  readonly id: string
  readonly at: Date
  readonly ownerId: string
  readonly provider: string
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
  'key.rotated': {
    readonly id: string
    readonly at: Date
    readonly keyId: string
    readonly done: number
    readonly failed: number
  }
}

type OfConnection = Exclude<keyof ConnectionEvents, 'key.rotated'>
type Extra<E extends OfConnection> = Omit<ConnectionEvents[E], keyof ConnectionEvent | 'connection'>

/** Tells a transition: `record` is what the store holds after it, or held before its removal. */
export type Announce = <E extends OfConnection>(
  event: E,
  record: StoredConnection,
  extra: Extra<E>,
  key?: string,
) => void

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
      ...(withConnection.has(event) ? { connection: toConnection(record, settings.provider) } : {}),
      ...extra,
    }
    emitter.emit(event, payload as unknown as ConnectionEvents[typeof event])
  }
}
