import type { Meter, Tracer } from '@opentelemetry/api'
import type { Limiter } from '../limits/limiter.ts'
import type { Vault } from '../vault/vault.ts'

/** Options of `stagedoorOtel`. */
export interface OtelOptions {
  /** @default the global tracer provider's */
  readonly tracer?: Tracer | undefined
  /** @default the global meter provider's */
  readonly meter?: Meter | undefined
  /** The application's vault: adds the age of the data key that encrypts. */
  readonly vault?: Pick<Vault, 'dataKeyCreatedAt'> | undefined
  /** The application's limiter: adds its ceiling and the numbers of queued and running calls. */
  readonly limiter?: Pick<Limiter, 'state'> | undefined
  /**
   * Adds the number of connections by health, counted again at most every so many milliseconds. Counting reads every
   * record: turn it on in one process only.
   */
  readonly countEvery?: number | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}
