import { invalidArgument } from '../errors.ts'
import type { SpotifyClient } from './client.ts'
import type { OperationData, Scope } from './operations/operation.ts'
import { type OperationId, operations } from './operations/operations.ts'

type Groups = Omit<SpotifyClient, 'search' | 'operation' | 'request'>
/** A method of the client, such as `library.save`, or an operation's id. */
export type OperationName =
  | { [G in keyof Groups]: `${G}.${keyof Groups[G] & string}` }[keyof Groups]
  | 'search'
  | OperationId

/**
 * The scopes to request from the user, so that these methods work: `scopesFor('library.tracks', 'player.play')`.
 * @throws TypeError `INVALID_ARGUMENT` for a name that is neither a method nor an operation
 *
 * @example
 * ```ts
 * import { scopesFor } from 'stagedoor/spotify'
 *
 * const { url } = await connections.begin({ ownerId, scopes: scopesFor('library.tracks', 'player.play') })
 * ```
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

/** The scopes of an operation that a method needs: of the library's operations, those for its own kinds of object. */
function scopesOf(operation: OperationData, name: string): readonly Scope[] {
  const group = /^(following|playlists)\./.exec(name)?.[1]
  if (!operation.path.startsWith('/me/library') || group === undefined) return operation.scopes ?? []
  return (operation.scopes ?? []).filter((scope) => scope.includes(group === 'following' ? 'follow' : 'playlist'))
}
