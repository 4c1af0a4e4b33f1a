import type { ConnectionStatus } from '../stores/store.ts'

/** A user's connected account, without tokens. */
export interface Connection {
  readonly ownerId: string
  readonly provider: string
  /** The account's id at the provider; absent until the first successful look-up. */
  readonly accountId?: string | undefined
  readonly accountName?: string | undefined
  readonly scopes: readonly string[]
  readonly status: ConnectionStatus
  readonly authorizedAt: Date
  /** When the grant ends and the user must sign in again, whatever happens. */
  readonly reauthorizeBy: Date
  /** When the current access token ends. */
  readonly expiresAt: Date
  readonly refreshedAt?: Date | undefined
}
