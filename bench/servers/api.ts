import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFakeSpotify } from '../../dist/testing/index.js'

/** A Web API that responds from memory: `node api.ts LATENCY`. Prints its origin; counts token requests at `/count`. */
const latency = Number(process.argv[2] ?? 0)
const total = 10_000
const fake = createFakeSpotify({ users: [{ id: 'ada', library: { tracks: total } }], catalogue: { tracks: 20_000 } })
const { accessToken } = fake.issue()
const get = async (path: string): Promise<string> => {
  const response = await fake.fetch(`https://api.spotify.com/v1${path}`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  return await response.text()
}
const first = JSON.parse(await get('/me/tracks?limit=1')) as { items: { track: { id: string } }[] }
const track = await get(`/tracks/${first.items[0]?.track.id}`)
const pages = new Map<string, string>()
for (let offset = 0; offset < total; offset += 50) {
  pages.set(String(offset), await get(`/me/tracks?limit=50&offset=${offset}`))
}
let tokenRequests = 0

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const send = (body: string): void => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(body)
  }
  if (url.pathname === '/count') return send(JSON.stringify({ tokenRequests }))
  if (url.pathname === '/api/token') {
    request.resume()
    tokenRequests++
    const access_token = `token-${tokenRequests}`
    const body = JSON.stringify({ access_token, token_type: 'Bearer', expires_in: 3600, scope: 'user-library-read' })
    return void setTimeout(() => send(body), 50)
  }
  if (request.headers.authorization === 'Bearer expired') {
    response.writeHead(401, { 'content-type': 'application/json' })
    return void response.end('{"error":{"status":401,"message":"The access token expired"}}')
  }
  const body = url.pathname.startsWith('/v1/tracks/')
    ? track
    : (pages.get(url.searchParams.get('offset') ?? '0') ?? track)
  if (latency > 0) setTimeout(() => send(body), latency)
  else send(body)
})
server.listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.stdout.write(`READY ${JSON.stringify({ origin, trackId: first.items[0]?.track.id, total })}\n`)
})
process.stdin.on('end', () => process.exit(0)).resume()
