import type { ErrorCode } from '../errors.ts'
import type { Connection } from './record.ts'

interface ConnectionEvent {
  /** Unique per transition: use it to handle an event once. */
  readonly id: string
  readonly at: Date
  readonly ownerId: string
  readonly provider: string
}

/** Once per transition, in order per connection. */
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
