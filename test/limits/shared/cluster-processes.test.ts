import { beforeAll, describe, expect, test } from 'vitest'
import { type ScenarioResult, scenario } from '../../../bench/cluster/scenario.ts'
import { available } from '../../support/services.ts'

const [limit, window, expiration] = [60, 2500, 1500]

describe.skipIf(!(await available('redis')))('four processes on one Redis against one server', () => {
  let result: ScenarioResult
  beforeAll(async () => {
    const pace = { warmUp: 5, measured: 3, pause: 1200, guard: 5, expiration }
    result = await scenario({ processes: 4, limit, window, initialCeiling: limit, ...pace })
  }, 90_000)

  test('use what the server takes', () => {
    expect(result.utilisation).toBeGreaterThanOrEqual(0.95)
  })

  test('learn the limit, and never send more in any window than one to try beyond it', () => {
    expect(result.ceiling).toBeGreaterThanOrEqual(limit * 0.95)
    expect(result.ceiling).toBeLessThanOrEqual(limit + 1)
    expect(result.mostInWindow).toBeLessThanOrEqual(limit + 2)
  })

  test('all stop within 250 ms when one of them is rate limited', () => {
    expect(result.stopped).toBeLessThanOrEqual(250)
  })

  test('get back the slots of one that was killed', () => {
    expect(result.slotsBack).toBeLessThanOrEqual(2 * (window + expiration))
  })

  test('go on alone while Redis is away, join it when it is back and empty, and stay near the limit', () => {
    expect(result.degraded).toEqual([
      [true, false],
      [true, false],
      [true, false],
    ])
    expect(result.outageRate).toBeGreaterThan(0)
    expect(result.mostInOutage).toBeLessThanOrEqual(limit + 10)
  })

  test('lose no call', () => {
    expect(result).toMatchObject({ errors: {}, values: result.calls })
  })
})
