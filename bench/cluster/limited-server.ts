import { createServer } from 'node:http'

/** One request as the server saw it. Times are milliseconds of the server's monotonic clock. */
export interface Arrival {
  readonly at: number
  readonly from: string
  readonly accepted: boolean
}

/** An HTTP server on loopback that accepts `limit` requests in any trailing window and responds to the rest with 429. */
export interface LimitedServer {
  readonly url: string
  readonly arrivals: readonly Arrival[]
  now(): number
  /** Refuses the next request of any process with this pause in milliseconds. */
  refuseNext(pause: number): void
  close(): Promise<void>
}

export async function limitedServer(options: {
  readonly limit: number
  readonly window: number
}): Promise<LimitedServer> {
  const { limit, window } = options
  const arrivals: Arrival[] = []
  const accepted: number[] = []
  let head = 0
  let forced: number | undefined
  const server = createServer((request, response) => {
    const at = performance.now()
    while (head < accepted.length && (accepted[head] as number) <= at - window) head++
    const room = accepted.length - head < limit && forced === undefined
    const pause = forced ?? (accepted[head] ?? at) + window - at
    forced = undefined
    arrivals.push({ at, from: String(request.headers['x-process']), accepted: room })
    if (room) {
      accepted.push(at)
      response.end('{}')
    } else {
      response.writeHead(429, { 'x-retry-after-ms': `${Math.ceil(pause)}` }).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    arrivals,
    now: () => performance.now(),
    refuseNext(pause) {
      forced = pause
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The most arrivals in any trailing window that ends after `from`. */
export function mostInWindow(times: readonly number[], window: number, from = Number.NEGATIVE_INFINITY): number {
  let head = 0
  let most = 0
  for (const [index, time] of times.entries()) {
    while ((times[head] as number) <= time - window) head++
    if (time >= from) most = Math.max(most, index - head + 1)
  }
  return most
}
