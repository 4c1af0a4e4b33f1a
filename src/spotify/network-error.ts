import { SpotifyApiError } from '../errors.ts'

/** The error of a request that got no answer. The cause is copied: some fetch implementations put headers on theirs. */
export function unreachable(
  error: unknown,
  token: string,
  request: { readonly method: string; readonly path: string },
): SpotifyApiError {
  return new SpotifyApiError('API_UNREACHABLE', 'Spotify could not be reached.', { request, cause: copy(error, token) })
}

function copy(error: unknown, token: string, depth = 0): Error | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined
  const message = error.message.includes(token) ? '' : error.message
  const cause = copy(error.cause, token, depth + 1)
  const plain = new Error(message, cause === undefined ? undefined : { cause })
  const { code } = error as { code?: unknown }
  Object.defineProperty(plain, 'name', { value: error.name })
  plain.stack = `${error.name}: ${message}`
  return typeof code === 'string' ? Object.assign(plain, { code }) : plain
}
