import { request } from 'node:http'

export interface HttpRequest {
  readonly method: string
  /** Path and query, sent as they are. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Sends exactly the given headers: `fetch` would add some of its own. Bodies are sent in chunks. */
export function sendOver(origin: string, { method, path, headers, body }: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin)
    const outgoing = request({ hostname, port, method, path, headers: { ...headers }, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.once('error', reject)
      incoming.once('end', () => {
        const responseHeaders = new Headers()
        for (const [name, values] of Object.entries(incoming.headersDistinct)) {
          for (const value of values ?? []) responseHeaders.append(name, value)
        }
        resolve({ status: incoming.statusCode ?? 0, headers: responseHeaders, text: Buffer.concat(chunks).toString() })
      })
    })
    outgoing.once('error', reject)
    if (body !== undefined) outgoing.write(body)
    outgoing.end()
  })
}

/** The same for a function that takes a `Request`. */
export async function sendTo(
  handle: (request: Request) => Promise<Response>,
  origin: string,
  { method, path, headers, body }: HttpRequest,
): Promise<HttpResponse> {
  const response = await handle(new Request(origin + path, { method, headers: { ...headers }, body: body ?? null }))
  return { status: response.status, headers: response.headers, text: await response.text() }
}
