import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The faults that a stand-in can have instead of a normal response. `dead` closes the connection, `slow` never responds. */
export type Fault = 'denied' | 'throttled' | 'unavailable' | 'garbage' | 'dead' | 'slow'

export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface StandInResponse {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that the real service would refuse, or that the adapter promised never to send. */
export class Violation extends Error {}

export interface StandIn {
  readonly url: string
  readonly port: number
  /** Every request that came, in order. */
  readonly calls: readonly Call[]
  /** What came and should not have: empty at the end of every test. */
  readonly violations: readonly string[]
  /** The next `times` requests meet the fault; without a fault, none. */
  fail(fault: Fault | undefined, times?: number): void
  close(): Promise<void>
}

/** A loopback server that responds with `respond`, or with `failing` while it has a fault. */
export async function startStandIn(
  respond: (call: Call) => StandInResponse,
  failing: (fault: 'denied' | 'throttled' | 'unavailable') => StandInResponse,
  violated: (violation: Violation) => StandInResponse,
): Promise<StandIn> {
  const calls: Call[] = []
  const violations: string[] = []
  let fault: Fault | undefined
  let left = 0

  const perform = (call: Call): StandInResponse => {
    try {
      return respond(call)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      violations.push(error.message)
      return violated(error)
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://stand-in')
      const body = Buffer.concat(chunks).toString()
      const { method = 'GET', headers } = request
      const call = { method, path: decodeURI(url.pathname), query: url.searchParams, headers, body }
      calls.push(call)
      const met = left > 0 ? fault : undefined
      if (met !== undefined) left--
      if (met === 'slow') return
      if (met === 'dead') return void request.socket.destroy()
      if (met === 'garbage') return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":')
      send(response, met === undefined ? perform(call) : failing(met))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    violations,
    fail(next, times = Number.POSITIVE_INFINITY) {
      fault = next
      left = next === undefined ? 0 : times
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function send(response: ServerResponse, { status, body, headers }: StandInResponse): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}

/** The body as a JSON object with exactly these fields, each a non-empty string or of the kind in `kinds`. */
export function strictBody(
  call: Call,
  fields: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  let body: unknown
  try {
    body = JSON.parse(call.body)
  } catch {
    throw new Violation('the body is not JSON')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Violation('the body is not an object')
  for (const field of Object.keys(body))
    if (!fields.includes(field) && !optional.includes(field)) throw new Violation(`unknown field ${field}`)
  for (const field of fields) if (!(field in body)) throw new Violation(`missing field ${field}`)
  return body as Record<string, unknown>
}

/** Decodes strict base64 or base64url. */
export function strictBytes(value: unknown, encoding: 'base64' | 'base64url'): Buffer {
  if (typeof value !== 'string') throw new Violation('bytes are not a string')
  const bytes = Buffer.from(value, encoding)
  if (bytes.toString(encoding) !== value) throw new Violation(`bytes are not ${encoding}`)
  return bytes
}
