import type { IncomingMessage, ServerResponse } from 'node:http'
import { maxBodyBytes } from './body.ts'

/** The URL that the browser requested: the request's path on the configured origin, whatever its `Host` header. */
export function publicUrl(target: string | undefined, origin: string): URL | undefined {
  const absolute = target === undefined || target.startsWith('/') || !URL.canParse(target) ? undefined : new URL(target)
  const path = absolute === undefined ? (target ?? '') : absolute.pathname + absolute.search
  return path.startsWith('/') && URL.canParse(origin + path) ? new URL(origin + path) : undefined
}

/** Reads a body up to just above the limit; what follows is read and dropped, so that the response reaches the client. */
function readBody(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    const settle = (): void => resolve(new Uint8Array(Buffer.concat(chunks)))
    const collect = (chunk: Uint8Array): void => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= maxBodyBytes) return
      // Without a listener the rest is still read, and dropped.
      incoming.off('data', collect)
      settle()
    }
    incoming.on('data', collect).once('end', settle)
    incoming.once('error', reject).once('close', () => reject(new Error('The request ended before its body did.')))
  })
}

function bodyOf(incoming: IncomingMessage, parsed: unknown): Promise<BodyInit> | BodyInit {
  if (!incoming.readableDidRead) return incoming.readableEnded ? '' : readBody(incoming)
  if (typeof parsed === 'string') return parsed
  if (parsed instanceof Uint8Array) return new Uint8Array(parsed)
  return JSON.stringify(parsed) ?? ''
}

/** A web-standard request from Node's. `parsed` is the result of a body parser, if one has already read the body. */
export async function toRequest(incoming: IncomingMessage, url: URL, parsed?: unknown): Promise<Request> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value === undefined || name.startsWith(':')) continue
    for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item)
  }
  // A Request cannot have the method TRACE: any other method that no route has results in the same 405.
  const method = incoming.method === 'TRACE' ? 'PATCH' : (incoming.method ?? 'GET')
  return new Request(url, { method, headers, body: method === 'POST' ? await bodyOf(incoming, parsed) : null })
}

/** Writes a web-standard response to Node's, in addition to the headers and cookies that are already set. */
export async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  const body = response.body === null ? undefined : Buffer.from(await response.arrayBuffer())
  outgoing.statusCode = response.status
  response.headers.forEach((value, name) => {
    if (name === 'set-cookie' || name === 'vary') outgoing.appendHeader(name, value)
    else outgoing.setHeader(name, value)
  })
  outgoing.end(body)
}
