import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import {
  adaptiveLimiter,
  createSpotify,
  type Spotify,
  type SpotifyClient,
  type SpotifyOptions,
} from '../../src/spotify/index.ts'
import { savedTrack, track } from './support/scripted-client.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void
const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of cleanups.splice(0)) await close()
})

async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    handler(request, response, new URL(request.url ?? '/', 'http://127.0.0.1'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

function connect(api: string, options: SpotifyOptions = {}): { spotify: Spotify; client: ReturnType<Spotify['as']> } {
  const limiter = adaptiveLimiter({ initialCeiling: 1e6, maxConcurrent: 64 })
  const spotify = createSpotify({ endpoints: { api }, limiter, ...options })
  cleanups.push(() => spotify.close())
  return { spotify, client: spotify.as(async () => 'token') }
}

/** Saved tracks. */
const library =
  (total: number): Handler =>
  (_, response, url) => {
    const limit = Number(url.searchParams.get('limit'))
    const offset = Number(url.searchParams.get('offset') ?? 0)
    const items = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, n) => savedTrack(offset + n))
    const next = offset + limit < total ? `${url.origin}${url.pathname}?offset=${offset + limit}&limit=${limit}` : null
    const body = JSON.stringify({ items, limit, offset, total, next, previous: null })
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  }

describe('over HTTP', () => {
  it('a long list has ten pages under way from its first page to its last, and requests none twice', async () => {
    const total = 2000
    const respond = library(total)
    const waiting: (() => void)[] = []
    const requested: string[] = []
    // A client that requests fewer than ten at a time never gets a response.
    const api = await serve((request, response, url) => {
      requested.push(url.search)
      waiting.push(() => respond(request, response, url))
      if (waiting.length === 10) for (const respondNow of waiting.splice(0)) respondNow()
    })
    const { client } = connect(api)
    expect(await client.library.tracks().toArray({ concurrency: 10 })).toHaveLength(total)
    expect(requested).toHaveLength(total / 50)
    expect(new Set(requested).size).toBe(total / 50)
  })

  it('memory stays flat while a list is iterated', async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const { client } = connect(await serve(library(20_000)))
    const heap: number[] = []
    let seen = 0
    for await (const { track } of client.library.tracks()) {
      expect(track.id).toBe(`track${seen++}`)
      if (seen % 5000 === 0) {
        gc()
        heap.push(process.memoryUsage().heapUsed)
      }
    }
    expect(seen).toBe(20_000)
    // 15,000 rows kept would be more than 8 MB.
    expect((heap[3] as number) - (heap[0] as number)).toBeLessThan(3_000_000)
  })

  it('every call ends with a value or a typed error in its time, whatever the server does', async () => {
    const body = JSON.stringify(track(1))
    const faults: readonly Handler[] = [
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
      (request) => request.socket.destroy(),
      (request) => request.socket.resetAndDestroy(),
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
        response.write(body.slice(0, 20))
      },
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
        response.write(body.slice(0, 20), () => response.socket?.destroy())
      },
      () => {},
      (_, response) => response.writeHead(500).end(),
      (_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>'),
      (_, response) => response.writeHead(503).end('upstream request timeout'),
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>'),
      (_, response) => response.writeHead(200).end(),
      (_, response) => response.writeHead(204).end(),
      (_, response) => response.writeHead(429, { 'retry-after': '0' }).end('Too many requests'),
      (_, response) => response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"status":404}}'),
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    ]
    let seed = 7
    const random = (): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed / 2 ** 31
    }
    const api = await serve((request, response, url) =>
      faults[Math.floor(random() * faults.length)]?.(request, response, url),
    )
    const unhandled: unknown[] = []
    const listen = (reason: unknown): void => {
      unhandled.push(reason)
    }
    process.on('unhandledRejection', listen)
    const ends: Record<string, number> = {}
    let longest = 0
    const call = async (client: SpotifyClient): Promise<void> => {
      const begin = performance.now()
      const end = await client.tracks.get('x').then(
        ({ name }) => name,
        (error: { code?: string; name: string }) => error.code ?? error.name,
      )
      longest = Math.max(longest, performance.now() - begin)
      ends[end] = (ends[end] ?? 0) + 1
    }
    for (let round = 0; round < 8; round++) {
      // Each group has a circuit of its own, which would soon refuse all of them.
      const groups = Array.from({ length: 5 }, () => connect(api, { timeout: 60, retries: 1, maxWait: 1000 }).client)
      await Promise.all(groups.flatMap((client) => Array.from({ length: 20 }, () => call(client))))
    }
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
    const known = new Set([
      'Track 1',
      'API_UNREACHABLE',
      'API_TIMEOUT',
      'API_SERVER_ERROR',
      'API_BAD_RESPONSE',
      'API_RATE_LIMITED',
      'API_NOT_FOUND',
      'API_CIRCUIT_OPEN',
    ])
    expect(Object.keys(ends).filter((end) => !known.has(end))).toEqual([])
    expect(ends['Track 1']).toBeGreaterThan(0)
    expect(Object.values(ends).reduce((sum, count) => sum + count)).toBe(800)
    // Two attempts of 60 ms, a pause of at most a second, and a machine that may be busy.
    expect(longest).toBeLessThan(5000)
  })
})
