import type { Attributes, BatchObservableCallback, Meter, ObservableGauge } from '@opentelemetry/api'
import type { Stagedoor } from '../stagedoor.ts'
import type { OtelOptions } from './options.ts'

type Source = { readonly on: Stagedoor['on']; readonly connections: Pick<Stagedoor['connections'], 'count'> }

/** Registers the gauges that are read whenever metrics are collected. Returns the function that removes them. */
export function observeGauges(
  { on, connections }: Source,
  meter: Meter,
  { vault, limiter, countEvery, now = Date.now }: OtelOptions,
): () => void {
  const gauges: ObservableGauge[] = []
  const gauge = (name: string, description: string, unit: string): ObservableGauge => {
    const instrument = meter.createObservableGauge(name, { description, unit })
    gauges.push(instrument)
    return instrument
  }
  const circuit = gauge('stagedoor.circuit.open', 'Whether a circuit breaker is open: 1, or closed: 0.', '1')
  const ceiling = limiter && gauge('stagedoor.limiter.ceiling', 'Learned limit of requests per window.', '{request}')
  const queued = limiter && gauge('stagedoor.limiter.queued', 'Calls in the queue of the limiter.', '{call}')
  const running = limiter && gauge('stagedoor.limiter.running', 'Calls in progress.', '{call}')
  const keyAge = vault && gauge('stagedoor.data_key.age', 'Age of the data key that encrypts tokens.', 's')
  const byHealth = countEvery && gauge('stagedoor.connections', 'Connections by health.', '{connection}')

  const circuits = new Map<string, boolean>([
    ['api', false],
    ['token', false],
  ])
  let counts: Awaited<ReturnType<Source['connections']['count']>> = {}
  const seenHealth = new Set<string>()
  let countedAt = Number.NEGATIVE_INFINITY
  let counting: Promise<void> | undefined

  /** Counts in the background: a collection reports the last count. After a failure the next collection retries. */
  function count(interval: number): void {
    if (counting !== undefined || now() - countedAt < interval) return
    counting = connections
      .count()
      .then((next) => {
        countedAt = now()
        counts = next
        for (const health of Object.keys(next)) seenHealth.add(health)
      })
      .catch(() => {})
      .finally(() => {
        counting = undefined
      })
  }

  const observe: BatchObservableCallback = (result) => {
    const set = (to: ObservableGauge | undefined, value: number | undefined, attributes?: Attributes): void => {
      if (to !== undefined && value !== undefined) result.observe(to, value, attributes)
    }
    for (const [name, open] of circuits) set(circuit, open ? 1 : 0, { 'stagedoor.circuit': name })
    const state = limiter?.state()
    set(ceiling, state?.ceiling)
    set(queued, state?.queued)
    set(running, state?.running)
    const createdAt = vault?.dataKeyCreatedAt
    set(keyAge, createdAt === undefined ? undefined : Math.max(0, now() - createdAt) / 1000)
    if (byHealth === undefined || byHealth === 0 || countEvery === undefined) return
    count(countEvery)
    // A state without connections must be reported as 0, or its last value would remain.
    for (const health of seenHealth) {
      set(byHealth, counts[health as keyof typeof counts] ?? 0, { 'stagedoor.connection.health': health })
    }
  }
  meter.addBatchObservableCallback(observe, gauges)
  const cleanups = [
    on('circuit.opened', ({ circuit: name }) => void circuits.set(name, true)),
    on('circuit.closed', ({ circuit: name }) => void circuits.set(name, false)),
    () => meter.removeBatchObservableCallback(observe, gauges),
  ]
  return () => {
    for (const cleanup of cleanups) cleanup()
  }
}
