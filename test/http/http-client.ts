import { request } from 'node:http'

export interface Sent {
  readonly method: string
  /** Path and query, sent as they are. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Sends exactly the headers given: `fetch` would add some of its own. Bodies go out in chunks. */
export function sendOver(origin: string, { method, path, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin)
    const outgoing = request({ hostname, port, method, path, headers: { ...headers }, agent: false }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.once('error', reject)
      incoming.once('end', () => {
        const answer = new Headers()
        for (const [name, values] of Object.entries(incoming.headersDistinct)) {
          for (const value of values ?? []) answer.append(name, value)
        }
        resolve({ status: incoming.statusCode ?? 0, headers: answer, text: Buffer.concat(chunks).toString() })
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
  { method, path, headers, body }: Sent,
): Promise<Answer> {
  const response = await handle(new Request(origin + path, { method, headers: { ...headers }, body: body ?? null }))
  return { status: response.status, headers: response.headers, text: await response.text() }
}
