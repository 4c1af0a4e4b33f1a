import { invalidArgument, SpotifyApiError } from '../errors.ts'
import type { SpotifyClient } from './client.ts'
import { missingScope } from './missing-scope.ts'
import type { OperationData, Scope } from './operation.ts'
import { type OperationId, operations } from './operations.ts'

type Groups = Omit<SpotifyClient, 'search' | 'operation' | 'request'>
/** A method of the client, such as `library.save`, or an operation's id. */
export type OperationName =
  | { [G in keyof Groups]: `${G}.${keyof Groups[G] & string}` }[keyof Groups]
  | 'search'
  | OperationId

/**
 * The scopes to ask the user for, so that these methods work: `scopesFor('library.tracks', 'player.play')`.
 * @throws TypeError `INVALID_ARGUMENT` for a name that is neither a method nor an operation
 */
export function scopesFor(...names: readonly OperationName[]): Scope[] {
  const scopes = new Set<Scope>()
  for (const name of names) {
    const found = Object.entries<OperationData>(operations).filter(([id, { by }]) => id === name || by.includes(name))
    if (found.length === 0) throw invalidArgument('Expected methods of the client, such as library.save.')
    const current = found.filter(([, { availability }]) => availability === 'current')
    for (const [, operation] of current.length > 0 ? current : found) {
      for (const scope of scopesOf(operation, name)) scopes.add(scope)
    }
  }
  return [...scopes].sort()
}

/** Of the library's operations, each method needs only what its own kinds of object need. */
function scopesOf(operation: OperationData, name: string): readonly Scope[] {
  const group = /^(following|playlists)\./.exec(name)?.[1]
  if (!operation.path.startsWith('/me/library') || group === undefined) return operation.scopes ?? []
  return (operation.scopes ?? []).filter((scope) => scope.includes(group === 'following' ? 'follow' : 'playlist'))
}

/**
 * Finds out before a request whether it must fail for want of a scope.
 * @param uris what a request to the library is about
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
  const none = operation.oneOf?.every((scope) => !scopes.includes(scope)) === true
  if (missing.length === 0 && !none) return
  const asked = { ...operation, scopes: none && missing.length === 0 ? (operation.oneOf ?? []) : needed }
  const [code, message, details] = missingScope({ operation: asked, scopes })
  const request = { method: operation.method, path: operation.path }
  throw new SpotifyApiError(code, message, { ...details, request })
}

/** What the library asks for depends on what is saved. Public playlists are left to Spotify to judge. */
function libraryScopes(operation: OperationData, uris: readonly string[]): Scope[] {
  const reads = operation.method === 'GET'
  const needed = new Set<Scope>()
  for (const uri of uris) {
    if (/^spotify:(artist|user):/.test(uri)) needed.add(reads ? 'user-follow-read' : 'user-follow-modify')
    else if (!uri.startsWith('spotify:playlist:')) needed.add(reads ? 'user-library-read' : 'user-library-modify')
  }
  return [...needed]
}
