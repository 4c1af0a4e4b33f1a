import { type Attributes, type Histogram, metrics, trace } from '@opentelemetry/api'
import type { Stagedoor, StagedoorEvents } from '../stagedoor.ts'
import { observeGauges } from './gauges.ts'
import { endpointGroup, instrumentationName, secondBuckets } from './names.ts'
import type { OtelOptions } from './options.ts'
import { writeRefresh, writeRequest, writeSignIn } from './spans.ts'

export { type OtelKmsOptions, otelKms } from './kms.ts'
export type { OtelOptions } from './options.ts'

type On = Stagedoor['on']

type ConnectionEventName = Extract<keyof StagedoorEvents, `connection.${string}`>

/** Whether an event counts as a change of its connection. Refreshes have a histogram of their own. */
const isChange: Readonly<Record<ConnectionEventName, boolean>> = {
  'connection.created': true,
  'connection.replaced': true,
  'connection.refreshed': false,
  'connection.refresh_failed': false,
  'connection.degraded': true,
  'connection.recovered': true,
  'connection.reauth_due_soon': true,
  'connection.needs_reauth': true,
  'connection.removed': true,
}
const changeNames = (Object.keys(isChange) as ConnectionEventName[]).filter((event) => isChange[event])

/**
 * Records spans and metrics of sign-ins, refreshes, API calls and connections, following OpenTelemetry's semantic
 * conventions where they exist. No attribute holds an owner, an account, a token or the id of an object. `otelKms`
 * measures key services.
 *
 * @returns the function that stops it
 *
 * @example
 * ```ts
 * import { stagedoorOtel } from 'stagedoor/otel'
 *
 * const stop = stagedoorOtel(stagedoor, { vault, countEvery: 300_000 })
 * ```
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
  const refreshes = histogram('stagedoor.refresh.duration', 'Duration of attempts to refresh an access token.')
  const calls = histogram('stagedoor.api.call.duration', 'Duration of Web API calls, including all attempts and waits.')
  const queue = histogram('stagedoor.api.queue.duration', 'How long Web API calls waited for the limiter.')
  const throttles = meter.createCounter('stagedoor.api.throttles', {
    description: 'Responses with status 429 from the Web API.',
    unit: '{response}',
  })
  const retries = meter.createCounter('stagedoor.api.retries', {
    description: 'Failed attempts of Web API calls that were retried.',
    unit: '{attempt}',
  })
  const pauses = meter.createCounter('stagedoor.limiter.pauses', {
    description: 'Pauses that the Web API requested.',
    unit: '{pause}',
  })
  const changes = meter.createCounter('stagedoor.connection.changes', {
    description: 'Transitions of connections, each counted by the process that caused it.',
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
    ...changeNames.map((event) =>
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
