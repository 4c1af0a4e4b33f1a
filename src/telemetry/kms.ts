import {
  type Attributes,
  context,
  type Histogram,
  type Meter,
  metrics,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Kms, RewrapOptions } from '../vault/kms.ts'
import { instrumentationName, secondBuckets } from './names.ts'

/** Options of {@link otelKms}. */
export interface OtelKmsOptions {
  /** @default the global tracer provider's */
  readonly tracer?: Tracer | undefined
  /** @default the global meter provider's */
  readonly meter?: Meter | undefined
}

type CallOptions = Parameters<Kms['wrapKey']>[1]

/**
 * Wraps a KMS so that each call is a span, the parent of the spans of its client, and is measured by the metric
 * `stagedoor.kms.call.duration`. Wrap the current key and the retired ones.
 *
 * @example
 * ```ts
 * import { createVault, localKms } from 'stagedoor'
 * import { otelKms } from 'stagedoor/otel'
 *
 * const kms = localKms({ keyId: 'main', key: process.env.STAGEDOOR_VAULT_KEY })
 * const vault = createVault({ kms: otelKms(kms) })
 * ```
 */
export function otelKms(kms: Kms, options: OtelKmsOptions = {}): Kms {
  const tracer = options.tracer ?? trace.getTracer(instrumentationName)
  const meter = options.meter ?? metrics.getMeter(instrumentationName)
  const duration = meter.createHistogram('stagedoor.kms.call.duration', {
    description: 'Duration of calls to the key service.',
    unit: 's',
    advice: { explicitBucketBoundaries: secondBuckets },
  })
  return new OtelKms(kms, { tracer, duration })
}

interface Instruments {
  readonly tracer: Tracer
  readonly duration: Histogram
}

class OtelKms implements Kms {
  readonly keyId: string
  readonly forgeable?: boolean | undefined
  readonly isMoved?: (encryptedKey: Uint8Array) => boolean
  readonly rewrapKey?: (encryptedKey: Uint8Array, options?: RewrapOptions) => Promise<Uint8Array>
  readonly #kms: Kms
  readonly #instruments: Instruments

  constructor(kms: Kms, instruments: Instruments) {
    this.keyId = kms.keyId
    this.forgeable = kms.forgeable
    this.#kms = kms
    this.#instruments = instruments
    const isMoved = kms.isMoved?.bind(kms)
    if (isMoved !== undefined) this.isMoved = isMoved
    if (typeof kms.rewrapKey === 'function') {
      this.rewrapKey = (encryptedKey, options) =>
        this.#measured('rewrap', async () => {
          const source = options?.source
          const inner = source === undefined ? {} : { source: unwrapInstrumented(source) }
          return (await kms.rewrapKey?.(encryptedKey, { ...options, ...inner })) as Uint8Array
        })
    }
  }

  wrapKey(dataKey: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    return this.#measured('wrap', () => this.#kms.wrapKey(dataKey, options))
  }

  unwrapKey(encryptedKey: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    return this.#measured('unwrap', () => this.#kms.unwrapKey(encryptedKey, options))
  }

  canRewrapFrom(source: Kms): boolean {
    return this.#kms.canRewrapFrom?.(unwrapInstrumented(source)) === true
  }

  /** Adapters recognise each other by private fields, which this wrapper does not have. */
  static unwrap(kms: Kms): Kms {
    return #kms in kms ? kms.#kms : kms
  }

  async #measured(operation: string, call: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const { tracer, duration } = this.#instruments
    const attributes: Attributes = { 'stagedoor.kms.operation': operation }
    const span = tracer.startSpan(`kms ${operation}`, { kind: SpanKind.CLIENT, attributes })
    const start = performance.now()
    try {
      return await context.with(trace.setSpan(context.active(), span), call)
    } catch (error) {
      attributes['error.type'] = errorType(error)
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      duration.record((performance.now() - start) / 1000, attributes)
      span.setAttributes(attributes).end()
    }
  }
}

const unwrapInstrumented = (kms: Kms): Kms => OtelKms.unwrap(kms)

function errorType(error: unknown): string {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly code?: unknown
    readonly name?: unknown
  }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : '_OTHER'
}
