import Bottleneck from 'bottleneck'
import { adaptiveLimiter } from '../../dist/index.js'
import { interleaved, type Subject } from '../lib/measure.ts'
import type { Context, Row } from '../lib/rows.ts'
import { courses, grid, outcome, type Target } from '../simulator/courses.ts'
import { learned } from '../simulator/learned.ts'
import * as peers from '../simulator/peers.ts'
import type { Algorithm, Outcome } from '../simulator/simulate.ts'

export const about =
  'A client that always has work, 10 requests in flight with jittered latency, against servers whose limit it does not know. Virtual time, a model and not Spotify; medians over the seeds. The floor is a sliding window that knows the limit.'

const hour = 3_600_000

const others: Readonly<Record<string, (limit: (now: number) => number) => Algorithm>> = {
  'fire until 429, then wait': () => peers.fireAndWait(),
  'fixed spacing, guess 90': () => peers.fixedSpacing(90),
  'Bottleneck reservoir, with the limit': (limit) => peers.reservoir(limit(0)),
  'p-throttle, with the limit': (limit) => peers.throttle(limit(0)),
  'p-throttle strict, with the limit': (limit) => peers.strictThrottle(limit(0)),
  'AIMD on the rate': () => peers.additive(),
  'AWS adaptive (cubic)': () => peers.cubic(),
}

export async function* run({ note }: Context): AsyncGenerator<Row> {
  note('a call that need not wait')
  yield* overhead()
  const options = { duration: 4 * hour, seeds: 5 }
  for (const course of courses(options.duration)) {
    note(course.name)
    const floor = outcome(course, () => peers.slidingWindow(course.limit), options)
    yield* rows(course.name, 'floor: with the limit', floor)
    yield* rows(
      course.name,
      'ours: learned window',
      outcome(course, () => learned(), options),
      floor,
      course.target,
    )
    for (const [name, algorithm] of Object.entries(others))
      yield* rows(
        course.name,
        name,
        outcome(course, () => algorithm(course.limit), options),
        floor,
      )
  }
  for (const { start, course } of grid()) {
    const result = outcome(course, () => learned({ initialCeiling: start }), options)
    yield* rows(`start ${start}, ${course.name}`, 'ours: learned window', result, undefined, course.target)
  }
}

/** The time that a limiter adds to a call that need not wait: sequential calls, in interleaved batches. */
async function* overhead(): AsyncGenerator<Row> {
  const batch = 200
  const job = async (): Promise<number> => 1
  const limiter = adaptiveLimiter({ initialCeiling: 1e7, guard: 0 })
  const bottleneck = new Bottleneck({ maxConcurrent: 4 })
  const times = (call: Subject, count: number): Subject => {
    return async () => {
      for (let done = 0; done < count; done++) await call()
    }
  }
  const measured = await interleaved(
    {
      bare: times(job, batch),
      ours: times(() => limiter.schedule(job), batch),
      Bottleneck: times(() => bottleneck.schedule(job), 4),
    },
    { calls: 20 },
  )
  await limiter.close()
  await bottleneck.disconnect()
  const bare = measured.bare / batch
  const row = { bench: 'limiter', case: 'added to a call that need not wait', unit: 'µs' }
  const ours = measured.ours / batch - bare
  yield { ...row, subject: 'ours', value: ours, target: '≤ 10 µs', pass: ours <= 10 }
  yield { ...row, subject: 'Bottleneck', value: measured.Bottleneck / 4 - bare }
}

function* rows(scene: string, subject: string, result: Outcome, floor?: Outcome, target?: Target): Generator<Row> {
  const base = (what: string) => ({ bench: 'limiter', case: `${scene}: ${what}`, subject })
  const utilisation = result.utilisation * 100
  yield {
    ...base('utilisation'),
    value: utilisation,
    unit: '% used',
    ...(floor && { ratioToFloor: result.utilisation / floor.utilisation }),
    ...(target && { target: `≥ ${target.utilisation} % used`, pass: utilisation >= target.utilisation }),
  }
  const bound = (what: string, value: number, unit: string, most: number | undefined): Row => ({
    ...base(what),
    value,
    unit,
    ...(most !== undefined && { target: `≤ ${most} ${unit}`, pass: value <= most }),
  })
  yield bound('throttled', result.epochsPerHour, 'epochs/h', target?.epochsPerHour)
  yield bound('refused', result.refusedPerHour, '429/h', target?.refusedPerHour)
}
