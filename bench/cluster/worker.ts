import { Redis } from 'ioredis'
import { clusterLimiter } from '../../src/limits/shared/cluster.ts'

/** One of several processes: it always has queued calls, and reports their results. */
export interface WorkerSettings {
  readonly name: string
  readonly redis: string
  readonly server: string
  readonly id: string
  /** Calls that wait or run at any time. */
  readonly callers: number
  /** Additional milliseconds of each request. */
  readonly latency: number
  readonly limiter: Readonly<Record<string, number>>
}

export type WorkerMessage =
  | { readonly type: 'event'; readonly name: string; readonly payload: unknown; readonly at: number }
  | { readonly type: 'ready' }
  | {
      readonly type: 'done'
      readonly calls: number
      readonly values: number
      readonly errors: Readonly<Record<string, number>>
      readonly ceiling: number
      readonly slowest: number
    }

const settings = JSON.parse(process.argv[2] ?? '') as WorkerSettings
const redis = new Redis(settings.redis, { lazyConnect: true })
redis.on('error', () => {})
const limiter = clusterLimiter({ redis, id: settings.id, ...settings.limiter })
const send = (message: WorkerMessage): void => void process.send?.(message)
for (const name of ['limiter.paused', 'limiter.degraded', 'limiter.ceiling_changed'] as const)
  limiter.on(name, (payload) => send({ type: 'event', name, payload, at: Date.now() }))

let stopped = false
let calls = 0
let values = 0
let slowest = 0
const errors: Record<string, number> = {}

async function call(): Promise<void> {
  const startedAt = Date.now()
  calls++
  try {
    await limiter.schedule(async (slot) => {
      const response = await fetch(settings.server, { headers: { 'x-process': settings.name } })
      await response.arrayBuffer()
      if (settings.latency > 0) await new Promise((resolve) => setTimeout(resolve, settings.latency))
      if (response.status === 429) {
        const pause = Number(response.headers.get('x-retry-after-ms'))
        slot.throttled({ retryAt: Date.now() + pause, scope: '*', reason: 'rate' })
      }
    })
    values++
  } catch (error) {
    const code = (error as { code?: string }).code ?? String(error)
    errors[code] = (errors[code] ?? 0) + 1
  }
  slowest = Math.max(slowest, Date.now() - startedAt)
}

async function caller(): Promise<void> {
  while (!stopped) await call()
}

process.on('message', async (message) => {
  if (message === 'start') {
    const callers = Array.from({ length: settings.callers }, caller)
    await Promise.all(callers)
    const { ceiling } = limiter.state()
    send({ type: 'done', calls, values, errors, ceiling, slowest })
    await limiter.close()
    redis.disconnect()
    process.disconnect()
  }
  if (message === 'stop') stopped = true
})
send({ type: 'ready' })
