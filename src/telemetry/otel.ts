import { type Attributes, type Histogram, type Meter, metrics, type Tracer, trace } from '@opentelemetry/api'
import type { Limiter } from '../limits/limiter.ts'
import type { Stagedoor, StagedoorEvents } from '../stagedoor.ts'
import type { Vault } from '../vault/vault.ts'
import { observeGauges } from './gauges.ts'
import { endpointGroup, instrumentationName, secondBuckets } from './names.ts'
import { writeRefresh, writeRequest, writeSignIn } from './spans.ts'

export { type OtelKmsOptions, otelKms } from './kms.ts'

/** Options of {@link stagedoorOtel}. */
export interface OtelOptions {
  /** @default the global tracer provider's */
  readonly tracer?: Tracer | undefined
  /** @default the global meter provider's */
  readonly meter?: Meter | undefined
  /** The application's vault: adds the age of the data key that seals. */
  readonly vault?: Pick<Vault, 'dataKeyCreatedAt'> | undefined
  /** The application's limiter: adds its ceiling, its queue and what runs. */
  readonly limiter?: Pick<Limiter, 'state'> | undefined
  /**
   * Adds the number of connections by health, counted anew at most every so many milliseconds. Counting reads every
   * record: turn it on in one process.
   */
  readonly countEvery?: number | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

type On = Stagedoor['on']

const transitions = [
  'connection.created',
  'connection.replaced',
  'connection.degraded',
  'connection.recovered',
  'connection.reauth_due_soon',
  'connection.needs_reauth',
  'connection.removed',
] as const satisfies readonly (keyof StagedoorEvents)[]

/**
 * Writes spans and metrics of everything a stagedoor does, following OpenTelemetry's semantic conventions where there
 * are any. No owner, account, token or id of an object is ever an attribute. Key services are measured by `otelKms`.
 *
 * @returns the function that ends it
 */
export function stagedoorOtel(
  stagedoor: { readonly on: On; readonly connections: Pick<Stagedoor['connections'], 'count'> },
  options: OtelOptions = {},
): () => void {
  const tracer = options.tracer ?? trace.getTracer(instrumentationName)
  const meter = options.meter ?? metrics.getMeter(instrumentationName)
  const histogram = (name: string, description: string): Histogram =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: secondBuckets } })
  const signIns = histogram(
    'stagedoor.sign_in.duration',
    'Duration of callbacks, from the request to the stored connection.',
  )
  const refreshes = histogram('stagedoor.refresh.duration', 'Duration of tries to refresh an access token.')
  const calls = histogram('stagedoor.api.call.duration', 'Duration of Web API calls with all their attempts and waits.')
  const queue = histogram('stagedoor.api.queue.duration', 'How long Web API calls waited for the limiter.')
  const throttles = meter.createCounter('stagedoor.api.throttles', {
    description: 'Answers of 429 from the Web API.',
    unit: '{response}',
  })
  const retries = meter.createCounter('stagedoor.api.retries', {
    description: 'Attempts of Web API calls that failed and were repeated.',
    unit: '{attempt}',
  })
  const pauses = meter.createCounter('stagedoor.limiter.pauses', {
    description: 'Pauses that the Web API asked for.',
    unit: '{pause}',
  })
  const changes = meter.createCounter('stagedoor.connection.changes', {
    description: 'Transitions of connections, each counted in the process that made it.',
    unit: '{transition}',
  })
  const errorType = (code: string | undefined): Attributes => (code === undefined ? {} : { 'error.type': code })

  const cleanups = [
    stagedoor.on('sign_in.finished', (event) => {
      signIns.record(event.duration / 1000, { 'stagedoor.provider': event.provider, ...errorType(event.code) })
      writeSignIn(tracer, event)
    }),
    stagedoor.on('refresh.finished', (event) => {
      const { provider, outcome, duration, code } = event
      refreshes.record(duration / 1000, {
        'stagedoor.provider': provider,
        'stagedoor.refresh.outcome': outcome,
        ...errorType(code),
      })
      writeRefresh(tracer, event)
    }),
    stagedoor.on('request.finished', (event) => {
      const { request, status, code, duration, queued } = event
      const group = { 'stagedoor.endpoint.group': endpointGroup(request.path) }
      calls.record(duration / 1000, {
        ...group,
        'http.request.method': request.method,
        ...(status === undefined ? {} : { 'http.response.status_code': status }),
        ...errorType(code),
      })
      queue.record(queued / 1000, group)
      if (event.throttles > 0) throttles.add(event.throttles, group)
      writeRequest(tracer, event)
    }),
    stagedoor.on('request.retried', ({ request, code }) => {
      retries.add(1, { 'stagedoor.endpoint.group': endpointGroup(request.path), 'error.type': code })
    }),
    stagedoor.on('limiter.paused', ({ reason }) => pauses.add(1, { 'stagedoor.pause.reason': reason })),
    ...transitions.map((event) =>
      stagedoor.on(event, ({ provider }) => {
        changes.add(1, {
          'stagedoor.provider': provider,
          'stagedoor.connection.change': event.slice('connection.'.length),
        })
      }),
    ),
    observeGauges(stagedoor, meter, options),
  ]
  return () => {
    for (const cleanup of cleanups) cleanup()
  }
}
