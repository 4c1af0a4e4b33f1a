import { SpotifyApiError } from '../errors.ts'

/** The error of a request without a response. The cause is copied: some fetch implementations put headers on theirs. */
export function unreachable(
  error: unknown,
  token: string,
  request: { readonly method: string; readonly path: string },
): SpotifyApiError {
  return new SpotifyApiError('API_UNREACHABLE', 'Spotify could not be reached.', {
    request,
    cause: copyError(error, token),
  })
}

function copyError(error: unknown, token: string, depth = 0): Error | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined
  const message = error.message.includes(token) ? '' : error.message
  const cause = copyError(error.cause, token, depth + 1)
  const copied = new Error(message, cause === undefined ? undefined : { cause })
  const { code } = error as { code?: unknown }
  Object.defineProperty(copied, 'name', { value: error.name })
  copied.stack = `${error.name}: ${message}`
  return typeof code === 'string' ? Object.assign(copied, { code }) : copied
}
