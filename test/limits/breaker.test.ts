import { beforeEach, describe, expect, test } from 'vitest'
import { SpotifyApiError } from '../../src/errors.ts'
import { createBreaker } from '../../src/limits/breaker.ts'

const down = new SpotifyApiError('API_SERVER_ERROR', 'down', { status: 503 })
const notFound = new SpotifyApiError('API_NOT_FOUND', 'not found', { status: 404 })
const aborted = new DOMException('aborted', 'AbortError')

describe('the circuit breaker', () => {
  let time: number
  let events: Parameters<NonNullable<Parameters<typeof createBreaker>[0]['emit']>>[]
  let breaker: ReturnType<typeof createBreaker>
  let attempts: number

  beforeEach(() => {
    time = 1_000_000
    events = []
    attempts = 0
    breaker = createBreaker({
      circuit: 'api',
      threshold: 3,
      cooldown: 10_000,
      now: () => time,
      emit: (...event) => events.push(event),
      judge: (error) => (error === down ? 'failure' : error === notFound ? 'success' : 'nothing'),
    })
  })

  const attempt = (error?: unknown) =>
    breaker.execute(async () => {
      attempts++
      if (error !== undefined) throw error
      return 'value'
    })
  const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)
  const open = async () => {
    for (let index = 0; index < 3; index++) await outcome(attempt(down))
  }
  const deferred = () => {
    let settle: { resolve(value: string): void; reject(error: unknown): void } | undefined
    const result = breaker.execute(
      () =>
        new Promise<string>((resolve, reject) => {
          attempts++
          settle = { resolve, reject }
        }),
    )
    return { result, resolve: () => settle?.resolve('late'), reject: (error: unknown) => settle?.reject(error) }
  }

  test('a value and an error pass through as they are', async () => {
    expect(await attempt()).toBe('value')
    expect(await outcome(attempt(down))).toBe(down)
    expect(breaker.state()).toEqual({ status: 'closed' })
  })

  test('it opens after the threshold of consecutive failures, and then sends nothing', async () => {
    await open()
    expect(events).toEqual([['circuit.opened', { circuit: 'api', retryAt: time + 10_000 }]])
    expect(breaker.state()).toEqual({ status: 'open', retryAt: time + 10_000 })
    const error = await outcome(attempt())
    expect(error).toMatchObject({ code: 'API_CIRCUIT_OPEN', retryAt: time + 10_000, retryable: true })
    expect(attempts).toBe(3)
  })

  test('a 4xx response shows that the server is up: it resets the count', async () => {
    for (const error of [down, down, notFound, down, down]) await outcome(attempt(error))
    expect(breaker.state()).toEqual({ status: 'closed' })
  })

  test('an aborted call counts neither way', async () => {
    for (const error of [down, aborted, down, aborted]) await outcome(attempt(error))
    expect(breaker.state()).toEqual({ status: 'closed' })
    await outcome(attempt(down))
    expect(breaker.state().status).toBe('open')
  })

  test('a probe that succeeds closes it', async () => {
    await open()
    time += 10_000
    expect(breaker.state().status).toBe('half_open')
    expect(await attempt()).toBe('value')
    expect(breaker.state()).toEqual({ status: 'closed' })
    expect(events.at(-1)).toEqual(['circuit.closed', { circuit: 'api' }])
  })

  test('a probe with a 4xx response closes it too, and its error reaches the caller', async () => {
    await open()
    time += 10_000
    expect(await outcome(attempt(notFound))).toBe(notFound)
    expect(breaker.state()).toEqual({ status: 'closed' })
  })

  test('a probe that fails opens it for another cooldown', async () => {
    await open()
    time += 10_000
    expect(await outcome(attempt(down))).toBe(down)
    expect(breaker.state()).toEqual({ status: 'open', retryAt: time + 10_000 })
    expect(await outcome(attempt())).toMatchObject({ code: 'API_CIRCUIT_OPEN' })
  })

  test('while the probe is running all other calls fail at once', async () => {
    await open()
    time += 10_000
    const probe = deferred()
    for (let index = 0; index < 20; index++) {
      expect(await outcome(attempt())).toMatchObject({ code: 'API_CIRCUIT_OPEN', retryAt: expect.any(Number) })
    }
    expect(attempts).toBe(4)
    probe.resolve()
    expect(await probe.result).toBe('late')
    expect(await attempt()).toBe('value')
  })

  test('an aborted probe proves nothing: the circuit stays open and the next caller probes', async () => {
    await open()
    time += 10_000
    expect(await outcome(attempt(aborted))).toBe(aborted)
    expect(breaker.state().status).toBe('half_open')
    expect(events).toHaveLength(1)
    expect(await attempt()).toBe('value')
    expect(breaker.state()).toEqual({ status: 'closed' })
  })

  test('results of calls from before it opened show nothing about a server that is probed', async () => {
    const [late, later] = [deferred(), deferred()]
    await open()
    time += 10_000
    const probe = deferred()
    late.reject(down)
    later.resolve()
    expect(await outcome(late.result)).toBe(down)
    expect(await later.result).toBe('late')
    expect(breaker.state().status).toBe('half_open')
    probe.resolve()
    await probe.result
    expect(breaker.state()).toEqual({ status: 'closed' })
  })

  test('of 400 calls at a dead server, four at a time, fewer than 20 are sent', async () => {
    let running = 0
    const queue = Array.from({ length: 400 }, () => () => outcome(attempt(down)))
    await new Promise<void>((resolve) => {
      const next = (): void => {
        while (running < 4) {
          const call = queue.shift()
          if (call === undefined) break
          running++
          call().then(() => {
            running--
            next()
          })
        }
        if (running === 0) resolve()
      }
      next()
    })
    expect(attempts).toBeLessThan(20)
  })

  test('a clock that is set back does not keep it open', async () => {
    await open()
    time -= 3_600_000
    expect(await attempt()).toBe('value')
  })

  test('an open circuit holds no timer', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    await open()
    expect(timers()).toBe(before)
  })
})
