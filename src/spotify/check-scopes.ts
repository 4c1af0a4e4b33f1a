import { SpotifyApiError } from '../errors.ts'
import { missingScope } from './missing-scope.ts'
import type { OperationData, Scope } from './operations/operation.ts'

/**
 * Checks before a request whether it would fail because a scope is missing.
 * @param uris the objects of a request to the library
 * @throws SpotifyApiError `API_MISSING_SCOPE`
 */
export function checkScopes(
  operation: OperationData,
  scopes: readonly string[] | undefined,
  uris: readonly string[] | undefined,
): void {
  if (scopes === undefined || operation.scopes === undefined) return
  const needed: readonly Scope[] = operation.path.startsWith('/me/library')
    ? libraryScopes(operation, uris ?? [])
    : (operation.required ?? operation.scopes)
  const missing = needed.filter((scope) => !scopes.includes(scope))
  const hasNoneOf = operation.oneOf?.every((scope) => !scopes.includes(scope)) === true
  if (missing.length === 0 && !hasNoneOf) return
  const missed = { ...operation, scopes: hasNoneOf && missing.length === 0 ? (operation.oneOf ?? []) : needed }
  const [code, message, details] = missingScope({ operation: missed, scopes })
  const request = { method: operation.method, path: operation.path }
  throw new SpotifyApiError(code, message, { ...details, request })
}

/** The scopes that a request to the library needs depend on its URIs. For playlists the decision is left to Spotify. */
function libraryScopes(operation: OperationData, uris: readonly string[]): Scope[] {
  const isRead = operation.method === 'GET'
  const needed = new Set<Scope>()
  for (const uri of uris) {
    if (/^spotify:(artist|user):/.test(uri)) needed.add(isRead ? 'user-follow-read' : 'user-follow-modify')
    else if (!uri.startsWith('spotify:playlist:')) needed.add(isRead ? 'user-library-read' : 'user-library-modify')
  }
  return [...needed]
}
