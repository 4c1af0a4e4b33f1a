import { scenario } from '../cluster/scenario.ts'
import type { Context, Row } from '../lib/rows.ts'

export const about =
  'Four operating-system processes share one limiter on one Redis, against one server on loopback with a rolling limit that they do not know; one gets a 429, one is killed, and Redis is killed and restarted empty.'

export async function* run({ full, note }: Context): AsyncGenerator<Row> {
  const window = full ? 30_000 : 5000
  const limit = full ? 180 : 100
  const result = await scenario(
    {
      processes: 4,
      limit,
      window,
      initialCeiling: full ? 90 : 50,
      guard: full ? 50 : 10,
      warmUp: full ? 12 : 10,
      measured: full ? 6 : 5,
      pause: window / 2,
      expiration: full ? 15_000 : 3000,
    },
    note,
  )
  const base = { bench: 'cluster', subject: 'ours: clusterLimiter' }
  const scene = `limit ${limit} per ${window / 1000} s`
  const utilisation = result.utilisation * 100
  const row = (what: string, value: number, unit: string, target: string, pass: boolean): Row => ({
    ...base,
    case: `${scene}: ${what}`,
    value,
    unit,
    target,
    pass,
  })
  yield row('utilisation', utilisation, '% used', '≥ 95 % used', utilisation >= 95)
  const most = result.mostInWindow
  yield row('most in any window', most, 'requests', `≤ ${result.ceiling}, the ceiling`, most <= result.ceiling)
  yield row('the others stop after one 429', result.stopped, 'ms', '≤ 250 ms', result.stopped <= 250)
  const back = 2 * (window + (full ? 15_000 : 3000))
  yield row('slots of a killed process are used', result.slotsBack, 'ms', `≤ ${back} ms`, result.slotsBack <= back)
  const alone = result.degraded.every((seen) => seen.join() === 'true,false')
  yield row('processes that went alone and rejoined', result.degraded.length, 'of 3', 'each once', alone)
  const outage = result.mostInOutage
  yield row('most in any window around the outage', outage, 'requests', `≤ ${limit + 10}`, outage <= limit + 10)
  const lost = result.calls - result.values
  yield row('calls without a value', lost, 'calls', 'none', lost === 0)
}
