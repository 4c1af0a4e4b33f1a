import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { seeded } from '../../../bench/simulator/random.ts'
import { createFakeSpotify } from '../../../src/testing/fake-spotify.ts'

/** What can go wrong with an answer. */
const mischief = {
  reset: (_, response) => void response.socket?.destroy(),
  stallInBody(_, response) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    response.write('{"display_name": "half of')
  },
  resetInBody(_, response) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
    response.write('{"display_name": "half of', () => response.socket?.destroy())
  },
  /** Never answers; the client gives up first. */
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

export type Mischief = keyof typeof mischief

/** Which share of the answers goes wrong how, between the given numbers of requests. */
export interface ChaosRule {
  readonly what: Mischief
  readonly share: number
  readonly path?: RegExp
  readonly most?: number
}

export interface ChaosServer {
  readonly url: string
  readonly accessToken: string
  /** How often each thing went wrong. */
  readonly done: Readonly<Partial<Record<Mischief | 'well', number>>>
  close(): Promise<void>
}

/** A fake Spotify on loopback whose connections and answers go wrong, by the same dice in every run. */
export async function chaosServer(rules: readonly ChaosRule[]): Promise<ChaosServer> {
  const fake = createFakeSpotify({ keepRequests: 0 })
  const random = seeded(7)
  const done: Partial<Record<Mischief | 'well', number>> = {}
  const note = (what: Mischief | 'well'): number => (done[what] = (done[what] ?? 0) + 1)
  const server = createServer(async (incoming, response) => {
    const url = `http://127.0.0.1${incoming.url}`
    for (const { what, share, path, most = Number.POSITIVE_INFINITY } of rules) {
      if (random() >= share || path?.test(url) === false || (done[what] ?? 0) >= most) continue
      note(what)
      return mischief[what](incoming, response)
    }
    const { authorization = '' } = incoming.headers
    const answer = await fake.handle(new Request(url, { method: incoming.method ?? 'GET', headers: { authorization } }))
    note('well')
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
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
