import { constant, rollingServer, type Server, steps, tokenBucket } from './servers.ts'
import { type Algorithm, median, type Outcome, simulate } from './simulate.ts'

const starts = [30, 60, 90, 119]
const limits = [60, 100, 120, 150, 180, 240, 500]
const change = [120, 60, 180, 120]

export interface Target {
  readonly utilisation: number
  readonly epochsPerHour?: number
  readonly refusedPerHour?: number
}

/** One server, and the targets of the learned window on it. */
export interface Scenario {
  readonly name: string
  readonly server: () => Server
  /** The limit for algorithms that need to know it. */
  readonly limit: (now: number) => number
  readonly target: Target
}

const rolling = (limit: number): Scenario => ({
  name: `limit ${limit}`,
  server: () => rollingServer({ limit: constant(limit) }),
  limit: constant(limit),
  target: { utilisation: 97, epochsPerHour: 2.5 },
})

/** The servers on which every algorithm runs. `duration`: virtual milliseconds, for the steps. */
export function courses(duration: number): readonly Scenario[] {
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
export function grid(): readonly { readonly start: number; readonly course: Scenario }[] {
  return starts.flatMap((start) => limits.map((limit) => ({ start, course: rolling(limit) })))
}

/** Runs one algorithm on one server with every seed and returns the medians. */
export function outcome(
  course: Scenario,
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
