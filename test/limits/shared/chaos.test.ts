import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { isStagedoorError } from '../../../src/errors.ts'
import { createSpotify } from '../../../src/spotify/spotify.ts'
import type { ChaosReport, ChaosWork } from '../support/chaos-client.ts'
import { type ChaosRule, chaosServer, type Fault } from '../support/chaos-server.ts'

const path = fileURLToPath(new URL('../support/chaos-client.ts', import.meta.url))
const deadline = 8000

async function run(rules: readonly ChaosRule[], calls: number) {
  const server = await chaosServer(rules)
  const work: ChaosWork = { url: server.url, accessToken: server.accessToken, calls, callers: 64, deadline }
  const child = fork(path, [JSON.stringify(work)], { execArgv: ['--expose-gc', '--no-warnings'] })
  try {
    const ended = once(child, 'exit')
    const [report] = (await once(child, 'message')) as [ChaosReport]
    const reported = performance.now()
    const [code] = await ended
    return { report, code, lingered: performance.now() - reported, done: server.done }
  } finally {
    child.kill()
    await server.close()
  }
}

interface Round {
  readonly name: string
  readonly rules: readonly ChaosRule[]
  /** What must have gone wrong. */
  readonly expected: readonly Fault[]
  /** Calls of 2,500 that get a value at least. */
  readonly values: number
}

const calls = 2500
const rounds: readonly Round[] = [
  {
    name: 'connections that reset, stall and never respond',
    rules: [
      { what: 'reset', share: 0.03 },
      { what: 'resetInBody', share: 0.02 },
      // Apart from each other: timeouts that expire together would be an outage for the circuit, and refuse the rest.
      { what: 'stallInBody', every: 293 },
      { what: 'silence', every: 311 },
    ],
    expected: ['reset', 'resetInBody', 'stallInBody', 'silence'],
    values: 2000,
  },
  {
    name: 'a gateway that fails more often than not',
    rules: [
      { what: 'badGateway', share: 0.5 },
      { what: 'unavailable', share: 0.5 },
    ],
    expected: ['badGateway', 'unavailable'],
    values: 1,
  },
  {
    name: 'responses that are not what they claim to be',
    rules: [
      { what: 'html', share: 0.1 },
      { what: 'empty', share: 0.1 },
      { what: 'notJson', share: 0.1 },
    ],
    expected: ['html', 'empty', 'notJson'],
    values: 1000,
  },
  {
    name: 'both kinds of 429',
    rules: [
      { what: 'quota', share: 0.05, path: /search/ },
      { what: 'rate', share: 0.01, most: 3 },
    ],
    expected: ['quota', 'rate'],
    values: 2000,
  },
]

describe('under chaos', () => {
  test.each(rounds)(
    '$name: every call ends in time, with a value or a typed error',
    async ({ rules, expected, ...round }) => {
      const { report, code, lingered, done } = await run(rules, calls)
      const { values, codes, otherErrors, late, unhandled, grown, state } = report
      for (const what of expected) expect(done[what]).toBeGreaterThan(0)
      expect(otherErrors).toEqual([])
      expect(values).toBeGreaterThanOrEqual(round.values)
      expect(values + Object.values(codes).reduce((sum, count) => sum + count, 0)).toBe(calls)
      // The timers of a busy machine are not exact.
      expect(late).toBeLessThan(1000)
      expect(unhandled).toBe(0)
      expect(state).toEqual({ running: 0, queued: 0 })
      expect(grown).toBeLessThan(8_000_000)
      expect(code).toBe(0)
      expect(lingered).toBeLessThan(5000)
    },
  )

  test('a dead server behind 400 calls gets fewer than 20 requests, and no call waits for it', async () => {
    let requests = 0
    const dead: typeof fetch = (input, init) => {
      requests++
      return fetch(input, init)
    }
    const spotify = createSpotify({ fetch: dead, endpoints: { api: 'http://127.0.0.1:9/v1' }, retries: 0 })
    const client = spotify.as(async () => 'token')
    const began = performance.now()
    const results = await Promise.allSettled(Array.from({ length: 400 }, () => client.me.get()))
    expect(requests).toBeLessThan(20)
    expect(requests).toBeGreaterThan(4)
    const codes = results.map((result) =>
      result.status === 'rejected' && isStagedoorError(result.reason) ? result.reason.code : 'value',
    )
    expect(new Set(codes)).toEqual(new Set(['API_UNREACHABLE', 'API_CIRCUIT_OPEN']))
    expect(performance.now() - began).toBeLessThan(5000)
    await spotify.close()
  })
})
