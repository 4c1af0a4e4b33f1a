/** A lost connection: the server destroys its socket, and `fetch` rejects with a `TypeError`. */
export class ConnectionCut extends Error {
  readonly code = 'ECONNRESET'

  constructor() {
    super('the fake Spotify cut the connection because of a fault')
    this.name = 'ConnectionCut'
  }
}

/** The same response with a body that fails half-way. */
export async function cutBody(response: Response): Promise<Response> {
  if (response.body === null) throw new ConnectionCut()
  const bytes = new Uint8Array(await response.arrayBuffer())
  let sent = false
  const body = new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(new ConnectionCut())
      sent = true
      controller.enqueue(bytes.subarray(0, Math.floor(bytes.length / 2)))
    },
  })
  const headers = new Headers(response.headers)
  headers.set('content-length', String(bytes.length))
  return new Response(body, { status: response.status, headers })
}
