import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { seeded } from '../../../bench/simulator/random.ts'
import { createFakeSpotify } from '../../../src/testing/fake-spotify.ts'

/** The ways in which a response can go wrong. */
const faults = {
  reset: (_, response) => void response.socket?.destroy(),
  stallInBody(_, response) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    response.write('{"display_name": "half of')
  },
  resetInBody(_, response) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    response.write('{"display_name": "half of', () => response.socket?.destroy())
  },
  /** Never responds; the client times out first. */
  silence: () => {},
  badGateway: (_, response) =>
    void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>'),
  unavailable: (_, response) => void response.writeHead(503).end('upstream request timeout'),
  html: (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>'),
  empty: (_, response) => void response.writeHead(200).end(),
  notJson: (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"id": nope'),
  quota: (_, response) =>
    void response
      .writeHead(429, { 'content-type': 'application/json', 'retry-after': '48925' })
      .end('{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}'),
  rate: (_, response) => void response.writeHead(429, { 'retry-after': '1' }).end('Too many requests'),
} satisfies Record<string, (request: IncomingMessage, response: ServerResponse) => void>

export type Fault = keyof typeof faults

/** The share of responses that go wrong, or every which one, and how; at most `most` of them. */
export interface ChaosRule {
  readonly what: Fault
  readonly share?: number
  /** The number of requests from one to the next. */
  readonly every?: number
  readonly path?: RegExp
  readonly most?: number
}

export interface ChaosServer {
  readonly url: string
  readonly accessToken: string
  /** How often each thing went wrong. */
  readonly done: Readonly<Partial<Record<Fault | 'none', number>>>
  close(): Promise<void>
}

/** A fake Spotify on loopback whose connections and responses go wrong, with the same random numbers in every run. */
export async function chaosServer(rules: readonly ChaosRule[]): Promise<ChaosServer> {
  const fake = createFakeSpotify({ keepRequests: 0 })
  const random = seeded(7)
  const done: Partial<Record<Fault | 'none', number>> = {}
  const note = (what: Fault | 'none'): number => (done[what] = (done[what] ?? 0) + 1)
  let count = 0
  const server = createServer(async (incoming, response) => {
    const url = `http://127.0.0.1${incoming.url}`
    count++
    for (const { what, share = 0, every, path, most = Number.POSITIVE_INFINITY } of rules) {
      const isDue = every === undefined ? random() < share : count % every === 0
      if (!isDue || path?.test(url) === false || (done[what] ?? 0) >= most) continue
      note(what)
      return faults[what](incoming, response)
    }
    const { authorization = '' } = incoming.headers
    const result = await fake.handle(new Request(url, { method: incoming.method ?? 'GET', headers: { authorization } }))
    note('none')
    response.writeHead(result.status, Object.fromEntries(result.headers)).end(await result.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    accessToken: fake.issue().accessToken,
    done,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
