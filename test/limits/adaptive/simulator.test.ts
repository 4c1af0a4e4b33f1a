import { describe, expect, test } from 'vitest'
import { courses, outcome, type Scenario } from '../../../bench/simulator/courses.ts'
import { learned } from '../../../bench/simulator/learned.ts'
import { fireAndWait, reservoir, slidingWindow } from '../../../bench/simulator/peers.ts'
import { constant, rollingServer, steps, tokenBucket } from '../../../bench/simulator/servers.ts'

const hour = 3_600_000
const options = { duration: 4 * hour, seeds: 5 }
const rolling = (limit: number, more: object = {}): Scenario => ({
  name: `limit ${limit}`,
  server: () => rollingServer({ limit: constant(limit), ...more }),
  limit: constant(limit),
  target: { utilisation: 97, epochsPerHour: 2.5 },
})
const follow = (limits: readonly number[], utilisation: number): Scenario => ({
  name: limits.join('→'),
  server: () => rollingServer({ limit: steps(limits, options.duration) }),
  limit: steps(limits, options.duration),
  target: { utilisation, refusedPerHour: 13 },
})

function meets(course: Scenario, start: number): void {
  const result = outcome(course, () => learned({ initialCeiling: start }), options)
  const { utilisation, epochsPerHour = 1e9, refusedPerHour = 1e9 } = course.target
  expect(result.utilisation * 100).toBeGreaterThanOrEqual(utilisation)
  expect(result.epochsPerHour).toBeLessThanOrEqual(epochsPerHour)
  expect(result.refusedPerHour).toBeLessThanOrEqual(refusedPerHour)
}

describe('the learned window, in four simulated hours of a client that always has work', () => {
  for (const course of courses(options.duration)) test(`meets its targets: ${course.name}`, () => meets(course, 90))

  test.each([
    [30, 60],
    [30, 500],
    [60, 180],
    [90, 100],
    [90, 240],
    [119, 60],
    [119, 150],
  ])('from %i it finds a limit of %i', (start, limit) => meets(rolling(limit), start))

  test.each([
    [17, 71],
    [45, 333],
    [200, 90],
    [400, 130],
  ])('so it does from %i for %i, which it was not made for', (start, limit) => meets(rolling(limit), start))

  test('a server whose Retry-After names the oldest request only', () => meets(rolling(140, { hint: 'oldest' }), 90))

  test('other steps, up and down', () => {
    meets(follow([90, 200, 140, 70], 90), 90)
    meets(follow([200, 100, 50, 100, 200], 90), 60)
  })

  test.each([10, 30, 60, 120])('a token bucket that holds %i', (burst) => {
    const server = () => tokenBucket({ limit: 120, burst })
    meets({ name: 'bucket', server, limit: constant(120), target: { utilisation: 97 } }, 90)
  })
})

describe('the simulator', () => {
  const one = { duration: hour, seeds: 1 }

  test('gives the same run for the same seed', () => {
    const run = () => outcome(rolling(120), () => learned(), one)
    expect(run()).toEqual(run())
  })

  test('distinguishes an algorithm that knows the limit from those that run into it', () => {
    const course = rolling(120)
    expect(outcome(course, () => slidingWindow(constant(120)), one)).toMatchObject({ refused: 0, epochs: 0 })
    expect(outcome(course, fireAndWait, one).refusedPerHour).toBeGreaterThan(500)
    expect(outcome(course, () => reservoir(120), one).refusedPerHour).toBeGreaterThan(500)
  })

  test('its rolling server never takes more than the limit in a window', () => {
    const server = rollingServer({ limit: constant(5), window: 100 })
    const taken: number[] = []
    for (let time = 0; time < 1000; time += 7) if (server.request(time).accepted) taken.push(time)
    for (const end of taken)
      expect(taken.filter((time) => time > end - 100 && time <= end).length).toBeLessThanOrEqual(5)
    expect(taken.length).toBeGreaterThan(45)
  })
})
