import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type OwnRedis, ownRedis } from '../../../bench/cluster/redis-server.ts'
import type { SpotifyApiError } from '../../../src/errors.ts'
import type { Limiter } from '../../../src/limits/limiter.ts'
import { type ClusterLimiterOptions, clusterLimiter } from '../../../src/limits/shared/cluster.ts'
import { available } from '../../support/services.ts'

const until = (what: () => boolean) => vi.waitFor(() => expect(what()).toBe(true), { timeout: 10_000, interval: 10 })
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: SpotifyApiError) => error.code,
  )

describe('the options of the cluster limiter', () => {
  test('a client of node-redis is refused with a word on what to pass', () => {
    const redis = createClient() as unknown as ClusterLimiterOptions['redis']
    expect(() => clusterLimiter({ redis, id: 'x' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNSUPPORTED_CLIENT',
        message: expect.stringMatching(/new Redis\(url\).*ioredis/),
      }),
    )
  })

  test.each([undefined, null, 'redis://127.0.0.1', {}])('%s is not a client either', (redis) => {
    expect(() => clusterLimiter({ redis: redis as never, id: 'x' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNSUPPORTED_CLIENT' }),
    )
  })

  test.each([{ id: '' }, { id: 'a{b' }, { expiration: 0 }, { share: 0 }, { share: 2 }, { maxConcurrent: 0.5 }])(
    '%j makes no sense',
    (wrong) => {
      const redis = new Redis({ lazyConnect: true })
      expect(() => clusterLimiter({ redis, id: 'x', ...wrong })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      )
    },
  )
})

describe.skipIf(!(await available('redis')))('the cluster limiter', () => {
  let server: OwnRedis
  let redis: Redis
  let id: string
  const open: Limiter[] = []
  const make = (options: Partial<ClusterLimiterOptions> = {}): Limiter => {
    const limiter = clusterLimiter({ redis, id, window: 2000, guard: 5, initialCeiling: 1000, ...options })
    open.push(limiter)
    return limiter
  }
  const degraded = (limiter: Limiter): boolean[] => {
    const seen: boolean[] = []
    limiter.on('limiter.degraded', (event) => seen.push(event.degraded))
    return seen
  }

  beforeAll(async () => {
    server = await ownRedis()
    await server.start()
    redis = new Redis(server.url, { lazyConnect: true })
    redis.on('error', () => {})
  })
  afterEach(async () => {
    for (const limiter of open.splice(0)) await limiter.close()
  })
  afterAll(async () => {
    redis.disconnect()
    await server.close()
  })
  const fresh = (): void => {
    id = randomUUID()
  }

  test('two of them never run more jobs at a time than allowed', async () => {
    fresh()
    const limiters = [make({ maxConcurrent: 3 }), make({ maxConcurrent: 3 })]
    let running = 0
    let most = 0
    const job = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
    }
    await Promise.all(Array.from({ length: 30 }, (_, index) => limiters[index % 2]?.schedule(job)))
    expect(most).toBe(3)
  })

  test('two of them never send more in a window than the ceiling', async () => {
    fresh()
    const limiters = [0, 1].map(() => make({ initialCeiling: 10, maxConcurrent: 8 }))
    const sent: number[] = []
    const calls = Array.from({ length: 16 }, (_, index) =>
      limiters[index % 2]!.schedule(async () => sent.push(performance.now())),
    )
    await Promise.all(calls)
    expect(sent[10]! - sent[0]!).toBeGreaterThan(1999)
  })

  test('a pause of one of them reaches the others at once, and their waiting calls fail if it is too long', async () => {
    fresh()
    const [first, second] = [make(), make()]
    await Promise.all([first, second].map((limiter) => limiter.schedule(async () => {})))
    const paused = new Promise<number>((resolve) => second.on('limiter.paused', ({ until }) => resolve(until)))
    const hours = Date.now() + 48_925_000
    await first.schedule(async (slot) => slot.throttled({ retryAt: hours, scope: 'search', reason: 'quota' }))
    expect(Math.abs((await paused) - hours)).toBeLessThan(500)
    expect(await code(second.schedule(async () => {}, { scope: 'search' }))).toBe('API_QUOTA_EXCEEDED')
    expect(await second.schedule(async () => 'free', { scope: 'player' })).toBe('free')
  })

  test('one that joins later learns of a pause with its first request', async () => {
    fresh()
    const hours = Date.now() + 48_925_000
    const first = make()
    const paused = new Promise((resolve) => make().on('limiter.paused', resolve))
    await first.schedule(async (slot) => slot.throttled({ retryAt: hours, scope: '*', reason: 'rate' }))
    await paused
    expect(await code(make().schedule(async () => {}))).toBe('API_RATE_LIMITED')
  })

  test('the learned ceiling survives every process', async () => {
    fresh()
    const first = make({ initialCeiling: 40 })
    const changed = new Promise<number>((resolve) =>
      first.on('limiter.ceiling_changed', ({ ceiling }) => resolve(ceiling)),
    )
    await first.schedule(async (slot) => slot.throttled({ retryAt: Date.now() + 1800, scope: '*', reason: 'rate' }))
    const learned = await changed
    await first.close()
    const second = make({ initialCeiling: 40 })
    await second.schedule(async () => {})
    expect(second.state().ceiling).toBe(learned)
  })

  test('while Redis is away the calls go on at a share, and nothing is lost when it comes back', async () => {
    fresh()
    const limiter = make({ initialCeiling: 400, share: 0.5, maxConcurrent: 4 })
    const seen = degraded(limiter)
    let ran = 0
    let stop = false
    const ended: Promise<unknown>[] = []
    const caller = async () => {
      while (!stop) {
        const call = limiter.schedule(async () => {
          ran++
          await new Promise((resolve) => setTimeout(resolve, 2))
        })
        ended.push(call)
        await call.catch(() => {})
      }
    }
    const callers = Array.from({ length: 8 }, caller)
    await until(() => ran > 20)
    await server.kill()
    await until(() => seen.length === 1)
    expect(limiter.state().cap).toBe(200)
    const before = ran
    await until(() => ran > before + 20)
    await server.start()
    await until(() => seen.length === 2)
    const after = ran
    await until(() => ran > after + 20)
    stop = true
    await Promise.all(callers)
    expect(seen).toEqual([true, false])
    expect((await Promise.allSettled(ended)).filter(({ status }) => status === 'rejected')).toEqual([])
    // Redis had lost its data: the requests sent in the meantime were added to it again.
    expect(await redis.zcard(`stagedoor:limiter:{${id}}:log`)).toBeGreaterThan(0)
  })

  test('a pause survives a Redis that loses its data', async () => {
    fresh()
    const limiter = make()
    const seen = degraded(limiter)
    const hours = Date.now() + 48_925_000
    await limiter.schedule(async (slot) => slot.throttled({ retryAt: hours, scope: 'search', reason: 'quota' }))
    await server.kill()
    await until(() => seen.length === 1)
    await server.start()
    await until(() => seen.length === 2)
    const later = make()
    const error = later.schedule(async () => {}, { scope: 'search' }).catch((thrown: SpotifyApiError) => thrown)
    expect(await error).toMatchObject({ code: 'API_QUOTA_EXCEEDED' })
    expect(await later.schedule(async () => 'free', { scope: 'player' })).toBe('free')
  })

  test('a Redis that hangs is noticed too', async () => {
    fresh()
    const limiter = make()
    const seen = degraded(limiter)
    await limiter.schedule(async () => {})
    server.freeze(true)
    try {
      expect(await limiter.schedule(async () => 'alone')).toBe('alone')
      expect(seen).toEqual([true])
    } finally {
      server.freeze(false)
    }
    await until(() => seen.length === 2)
    expect(await limiter.schedule(async () => 'shared')).toBe('shared')
  })

  test('without Redis from the start it works alone, and joins when there is one', async () => {
    fresh()
    await server.kill()
    const limiter = make({ initialCeiling: 40 })
    const seen = degraded(limiter)
    expect(await limiter.schedule(async () => 'alone')).toBe('alone')
    expect(limiter.state().cap).toBe(10)
    await server.start()
    await until(() => seen.includes(false))
    expect(await limiter.schedule(async () => 'shared')).toBe('shared')
  })

  test('closing leaves the client that was passed alone, and no connection of its own', async () => {
    fresh()
    const limiter = make()
    await limiter.schedule(async () => {})
    await limiter.close()
    expect(await redis.ping()).toBe('PONG')
    const clients = String(await redis.client('LIST'))
      .trim()
      .split('\n')
    await vi.waitFor(async () => {
      const now = String(await redis.client('LIST'))
        .trim()
        .split('\n')
      expect(now.length).toBeLessThanOrEqual(clients.length)
      expect(now).toHaveLength(1)
    })
  })
})
