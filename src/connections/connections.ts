import type { CallOptions } from '../internal/signal.ts'
import type { TokenSet } from '../oauth/token-set.ts'
import type { ConnectionStatus } from '../stores/store.ts'
import type { ConnectionEvents } from './events.ts'
import type { Health } from './health.ts'
import type { Connection } from './record.ts'

export interface BeginInput {
  readonly ownerId: string
  /** Same-origin path to send the browser to afterwards, at most 512 bytes. */
  readonly returnTo?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly showDialog?: boolean | undefined
  /** The request's `Cookie` header, so that old login cookies can be cleared. */
  readonly cookies?: string | undefined
}

export interface CompleteInput {
  readonly ownerId: string
  /** The callback's full URL. */
  readonly url: URL
  /** The request's `Cookie` header. */
  readonly cookies?: string | undefined
}

/** The connections of one provider: sign-in, tokens, health. */
export interface Connections {
  readonly provider: string
  begin(input: BeginInput, options?: CallOptions): Promise<{ url: URL; setCookies: readonly string[] }>
  complete(
    input: CompleteInput,
    options?: CallOptions,
  ): Promise<{ connection: Connection; returnTo?: string; setCookies: readonly string[] }>
  /** Takes tokens that an application already has. */
  adopt(
    input: {
      readonly ownerId: string
      readonly tokens: TokenSet
      readonly authorizedAt?: Date | undefined
      readonly accountId?: string | undefined
    },
    options?: CallOptions,
  ): Promise<Connection>
  get(ownerId: string, options?: CallOptions): Promise<Connection | undefined>
  list(
    query?: { readonly after?: string; readonly limit?: number; readonly status?: ConnectionStatus },
    options?: CallOptions,
  ): Promise<{ items: readonly Connection[]; next?: string }>
  accessToken(ownerId: string, options?: CallOptions & { readonly rejected?: string | undefined }): Promise<string>
  health(ownerId: string, options?: CallOptions & { readonly probe?: boolean | undefined }): Promise<Health>
  disconnect(ownerId: string, options?: CallOptions): Promise<{ removed: boolean; manageUrl?: string }>
  on<E extends keyof ConnectionEvents>(event: E, listener: (payload: ConnectionEvents[E]) => void): () => void
  close(): Promise<void>
}
