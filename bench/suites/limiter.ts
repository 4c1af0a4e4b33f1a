import type { Context, Row } from '../lib/rows.ts'
import { learned } from '../simulator/learned.ts'
import * as peers from '../simulator/peers.ts'
import { constant, rollingServer, type Server, steps, tokenBucket } from '../simulator/servers.ts'
import { type Algorithm, median, type Outcome, simulate } from '../simulator/simulate.ts'

export const about =
  'A client that always has work, 10 requests in flight with jittered latency, against servers whose limit it does not know. Virtual time, a model and not Spotify; medians over the seeds. The floor is a sliding window that is told the limit.'

const hour = 3_600_000
const starts = [30, 60, 90, 119]
const limits = [60, 100, 120, 150, 180, 240, 500]
const change = [120, 60, 180, 120]

export interface Target {
  readonly utilisation: number
  readonly epochsPerHour?: number
  readonly refusedPerHour?: number
}

/** One server, and what the learned window is to reach there. */
export interface Course {
  readonly name: string
  readonly server: () => Server
  /** What the algorithms that are told a limit are told. */
  readonly limit: (now: number) => number
  readonly target: Target
}

const rolling = (limit: number): Course => ({
  name: `limit ${limit}`,
  server: () => rollingServer({ limit: constant(limit) }),
  limit: constant(limit),
  target: { utilisation: 97, epochsPerHour: 2.5 },
})

/** The servers on which every algorithm runs. `duration`: virtual milliseconds, for the steps. */
export function courses(duration: number): readonly Course[] {
  const changing = steps(change, duration)
  const server = (options: Partial<Parameters<typeof rollingServer>[0]>) => () =>
    rollingServer({ limit: constant(120), ...options })
  return [
    rolling(120),
    {
      name: `steps ${change.join('→')}`,
      server: server({ limit: changing }),
      limit: changing,
      target: { utilisation: 92, refusedPerHour: 13 },
    },
    {
      name: 'any 429 costs 30 s',
      server: server({ penalty: 30_000 }),
      limit: constant(120),
      target: { utilisation: 97, epochsPerHour: 2 },
    },
    {
      name: 'refused attempts count',
      server: server({ countRefused: true }),
      limit: constant(120),
      target: { utilisation: 97, epochsPerHour: 2.5 },
    },
    {
      name: 'token bucket',
      server: () => tokenBucket({ limit: 120 }),
      limit: constant(120),
      target: { utilisation: 97 },
    },
  ]
}

/** Every start with every constant limit. */
export function grid(): readonly { readonly start: number; readonly course: Course }[] {
  return starts.flatMap((start) => limits.map((limit) => ({ start, course: rolling(limit) })))
}

const others: Readonly<Record<string, (limit: (now: number) => number) => Algorithm>> = {
  'fire until 429, then wait': () => peers.fireAndWait(),
  'fixed spacing, guess 90': () => peers.fixedSpacing(90),
  'Bottleneck reservoir, told the limit': (limit) => peers.reservoir(limit(0)),
  'p-throttle, told the limit': (limit) => peers.throttle(limit(0)),
  'p-throttle strict, told the limit': (limit) => peers.strictThrottle(limit(0)),
  'AIMD on the rate': () => peers.additive(),
  'AWS adaptive (cubic)': () => peers.cubic(),
}

/** Runs one algorithm on one course with every seed and takes the medians. */
export function outcome(
  course: Course,
  algorithm: () => Algorithm,
  options: { readonly duration: number; readonly seeds: number },
): Outcome {
  const runs = Array.from({ length: options.seeds }, (_, seed) =>
    simulate({ server: course.server(), algorithm: algorithm(), seed: seed + 1, duration: options.duration }),
  )
  const of = (key: keyof Outcome): number => median(runs.map((run) => run[key]))
  return {
    utilisation: of('utilisation'),
    accepted: of('accepted'),
    refused: of('refused'),
    epochs: of('epochs'),
    refusedPerHour: of('refusedPerHour'),
    epochsPerHour: of('epochsPerHour'),
  }
}

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const options = { duration: 4 * hour, seeds: 5 }
  for (const course of courses(options.duration)) {
    note(course.name)
    const floor = outcome(course, () => peers.informed(course.limit), options)
    yield* rows(course.name, 'floor: told the limit', floor)
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
