import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectionCut } from './connection-cut.ts'
import { control } from './control/control.ts'
import { createFakeSpotify, type FakeSpotify } from './fake-spotify.ts'
import type { FakeSpotifyOptions } from './options.ts'

/** Options of {@link startFakeSpotify}. */
export interface FakeServerOptions extends FakeSpotifyOptions {
  /** @default 0, any free port */
  readonly port?: number | undefined
  /** Serves this fake instead of a new one. */
  readonly fake?: FakeSpotify | undefined
}

/** A fake Spotify that listens on a loopback port. */
export interface FakeSpotifyServer {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** For the `endpoints` option of `createStagedoor`, `createOAuth` and `createSpotify`. */
  readonly endpoints: { readonly authorization: string; readonly token: string; readonly api: string }
  readonly fake: FakeSpotify
  /** Stops the server and closes its connections. */
  close(): Promise<void>
}

/**
 * Starts a fake Spotify on a loopback port: the authorization page for a browser, the token endpoint, the Web API.
 *
 * @throws Error with `code` `EADDRINUSE` when the port is in use.
 *
 * @example
 * ```ts
 * import { createStagedoor, memoryStore, optionsFromEnv } from 'stagedoor'
 * import { startFakeSpotify } from 'stagedoor/testing/server'
 *
 * const { endpoints, close } = await startFakeSpotify()
 * const stagedoor = createStagedoor({ ...optionsFromEnv(process.env), endpoints, store: memoryStore(), vault })
 * ```
 */
export async function startFakeSpotify(options: FakeServerOptions = {}): Promise<FakeSpotifyServer> {
  const fake = options.fake ?? createFakeSpotify(options)
  const server = createServer((incoming, outgoing) => {
    respond(fake, incoming, outgoing).catch((error: unknown) => {
      if (outgoing.headersSent || error instanceof ConnectionCut) outgoing.destroy()
      else outgoing.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve())
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    endpoints: { authorization: `${url}/authorize`, token: `${url}/api/token`, api: `${url}/v1` },
    fake,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const controlPath = /^\/(_fake\/.*)?(\?.*)?$/

async function respond(fake: FakeSpotify, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = await toRequest(incoming)
  const response =
    (controlPath.test(incoming.url ?? '') ? await control(fake, request) : undefined) ?? (await fake.handle(request))
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  headers.date ??= new Date(fake.clock.now()).toUTCString()
  const { body, status } = response
  // Only a body that fails half-way has a content-length: it is streamed, so that it fails on the wire.
  if (body !== null && headers['content-length'] !== undefined) return pipe(body, outgoing.writeHead(status, headers))
  const bytes = body === null ? undefined : Buffer.from(await response.arrayBuffer())
  if (bytes !== undefined) headers['content-length'] = String(bytes.length)
  outgoing.writeHead(status, headers).end(bytes)
}

/** Writes a stream chunk by chunk. */
async function pipe(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    await new Promise<void>((resolve) => outgoing.write(value, () => resolve()))
  }
  outgoing.end()
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const { method = 'GET', headers, url = '/' } = incoming
  const init: RequestInit = { method, headers: headers as Record<string, string> }
  if (method !== 'GET' && method !== 'HEAD') {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    if (chunks.length > 0) init.body = Buffer.concat(chunks)
  }
  return new Request(`http://${headers.host ?? '127.0.0.1'}${url}`, init)
}
