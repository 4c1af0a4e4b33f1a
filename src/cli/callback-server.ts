import { createServer, type ServerResponse } from 'node:http'
import { isStagedoorError } from '../errors.ts'
import { CommandError, exitCodes } from './exit-code.ts'

interface CallbackOptions<T> {
  readonly redirectUri: URL
  readonly signal: AbortSignal
  /** Called once the server listens. */
  readonly onListening: () => void
  /**
   * Completes the sign-in with the URL of a callback. The server stops after the first success, or after an error that
   * no later callback can correct.
   */
  readonly complete: (callback: URL) => Promise<T>
}

/** Serves the redirect URI on its loopback address until a callback completes or ends the sign-in, or the signal aborts. */
export async function awaitCallback<T>({ redirectUri, signal, onListening, complete }: CallbackOptions<T>): Promise<T> {
  const server = createServer()
  try {
    return await new Promise<T>((resolve, reject) => {
      const abort = (): void => reject(signal.reason)
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort, { once: true })
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, redirectUri)))
      server.on('request', (request, response) => {
        const url = new URL(request.url?.startsWith('/') ? request.url : '/', redirectUri)
        if (request.method !== 'GET' || url.pathname !== redirectUri.pathname)
          return sendPage(response, 404, 'Not found.')
        complete(url).then(
          (value) => sendPage(response, 200, 'Connected. You can close this page.', () => resolve(value)),
          (error: unknown) => {
            // An unrelated or forged callback does not belong to this sign-in: wait for the right one.
            const ignored = isStagedoorError(error) && ignoredCodes.has(error.code)
            sendPage(response, 400, 'The sign-in failed. See the terminal.', ignored ? undefined : () => reject(error))
          },
        )
      })
      server.listen(Number(redirectUri.port || 80), redirectUri.hostname.replace(/[[\]]/g, ''), onListening)
    })
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const ignoredCodes: ReadonlySet<string> = new Set([
  'LOGIN_STATE_MISMATCH',
  'LOGIN_CALLBACK_INVALID',
  'LOGIN_ISSUER_MISMATCH',
  'LOGIN_COOKIE_MISSING',
])

function sendPage(response: ServerResponse, status: number, text: string, onSent?: () => void): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'",
    connection: 'close',
  })
  response.end(`<!doctype html><html lang="en"><title>stagedoor</title><p>${text}</p></html>`, onSent)
}

function listenError(error: NodeJS.ErrnoException, { port }: URL): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error
  return new CommandError('PORT_TAKEN', `Port ${port || 80} of the redirect URI cannot be used: ${error.code}.`, {
    exitCode: exitCodes.usage,
    action: 'Stop the process that uses it, or register a redirect URI with another port.',
  })
}
