import { randomUUID } from 'node:crypto'
import { startWorker, type Worker } from './fleet.ts'
import { limitedServer, mostInWindow } from './limited-server.ts'
import { ownRedis } from './redis-server.ts'

export interface ScenarioOptions {
  readonly processes: number
  /** Requests per window that the server accepts. */
  readonly limit: number
  /** Milliseconds. */
  readonly window: number
  readonly initialCeiling: number
  readonly guard: number
  /** Windows until the limit should be known, and then windows to measure. */
  readonly warmUp: number
  readonly measured: number
  /** Milliseconds of the pause in the 429 of one process. */
  readonly pause: number
  readonly expiration: number
}

export interface ScenarioResult {
  /** Accepted requests over the capacity of the server, in the measured windows. */
  readonly utilisation: number
  readonly ceiling: number
  /** The most requests that arrived in any trailing window of those measured. */
  readonly mostInWindow: number
  /** Milliseconds after the refusal at which the last request of another process arrived during the pause. */
  readonly stopped: number
  /** Milliseconds from the end of a process with slots until the others use four fifths of the limit again. */
  readonly slotsBack: number
  /** The most arrivals in any trailing window while Redis was away and came back. */
  readonly mostInOutage: number
  /** Accepted requests of the outage, per second. */
  readonly outageRate: number
  /** The values of `limiter.degraded` of each process. */
  readonly degraded: readonly (readonly boolean[])[]
  readonly calls: number
  readonly values: number
  readonly errors: Readonly<Record<string, number>>
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Operating-system processes that share one limiter on a Redis of their own, against one server on loopback: they learn its
 * limit, one of them gets a 429, one of them is killed during its requests, and Redis is killed and restarted empty.
 */
export async function scenario(
  options: ScenarioOptions,
  note: (text: string) => void = () => {},
): Promise<ScenarioResult> {
  const { processes, limit, window, initialCeiling, guard, expiration } = options
  const redis = await ownRedis()
  await redis.start()
  const server = await limitedServer({ limit, window })
  const id = randomUUID()
  const alive: Worker[] = []
  try {
    const settings = {
      window,
      guard,
      initialCeiling,
      expiration,
      maxConcurrent: 8,
      maxWait: 60_000,
      share: 1 / processes,
    }
    for (let number = 1; number <= processes; number++) {
      const name = `p${number}`
      alive.push(
        await startWorker({
          name,
          redis: redis.url,
          server: server.url,
          id,
          callers: 8,
          latency: 5,
          limiter: settings,
        }),
      )
    }
    for (const worker of alive) worker.start()
    await sleep(options.warmUp * window)

    note('measuring')
    const from = server.now()
    await sleep(options.measured * window)
    const to = server.now()
    const measuredArrivals = server.arrivals.filter(({ at }) => at >= from && at < to)
    const utilisation = measuredArrivals.filter(({ accepted }) => accepted).length / (limit * options.measured)
    const changes = alive.flatMap(({ events }) => events.filter(({ name }) => name === 'limiter.ceiling_changed'))
    const [latest] = changes.sort((a, b) => b.at - a.at)
    const { ceiling } = (latest?.payload ?? { ceiling: initialCeiling }) as { ceiling: number }
    const arrivalTimes = (until = Number.POSITIVE_INFINITY): number[] =>
      server.arrivals.map(({ at }) => at).filter((at) => at < until)
    const most = mostInWindow(arrivalTimes(to), window, from)

    note('one process gets a 429')
    const before = server.arrivals.length
    server.refuseNext(options.pause)
    while (server.arrivals.slice(before).every(({ accepted }) => accepted)) await sleep(1)
    const refusal = server.arrivals.slice(before).find(({ accepted }) => !accepted)
    const refusedAt = refusal?.at ?? 0
    await sleep(options.pause * 0.9)
    const others = server.arrivals.filter(({ at, from: who }) => at > refusedAt && who !== refusal?.from)
    const stopped = Math.max(0, ...others.map(({ at }) => at - refusedAt))
    await sleep(options.pause * 0.1 + window)

    note('one process is killed')
    const victim = alive.pop()
    await victim?.kill()
    const diedAt = server.now()
    let slotsBack = 0
    for (;;) {
      await sleep(window / 4)
      const now = server.now()
      const recent = server.arrivals.filter(
        ({ at, accepted }) => accepted && at > Math.max(diedAt, now - window),
      ).length
      slotsBack = now - diedAt
      if (recent >= limit * 0.8 || slotsBack > 10 * (window + expiration)) break
    }

    note('Redis is killed and restarted')
    const goneAt = server.now()
    await redis.kill()
    await sleep(window)
    const backAt = server.now()
    await redis.start()
    await sleep(2 * window)
    const outage = server.arrivals.filter(({ at, accepted }) => accepted && at > goneAt && at < backAt)
    const results = await Promise.all(alive.map((worker) => worker.stop()))
    const errors: Record<string, number> = {}
    for (const result of results)
      for (const [code, count] of Object.entries(result.errors)) errors[code] = (errors[code] ?? 0) + count
    return {
      utilisation,
      ceiling,
      mostInWindow: most,
      stopped,
      slotsBack,
      mostInOutage: mostInWindow(arrivalTimes(), window, goneAt),
      outageRate: outage.length / ((backAt - goneAt) / 1000),
      degraded: alive.map(({ events }) =>
        events
          .filter(({ name }) => name === 'limiter.degraded')
          .map(({ payload }) => (payload as { degraded: boolean }).degraded),
      ),
      calls: results.reduce((sum, { calls }) => sum + calls, 0),
      values: results.reduce((sum, { values }) => sum + values, 0),
      errors,
    }
  } finally {
    for (const worker of alive) await worker.kill()
    await server.close()
    await redis.close()
  }
}
