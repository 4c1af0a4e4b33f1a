import type { SpotifyApiErrorCode, SpotifyApiErrorDetails } from '../errors.ts'
import type { OperationData } from './operations/operation.ts'

/** The arguments of an error. */
export type ErrorParts = readonly [code: SpotifyApiErrorCode, message: string, details?: SpotifyApiErrorDetails]

/** The error of an operation for which a scope is missing. */
export function missingScope({
  operation,
  scopes,
}: {
  readonly operation: OperationData | undefined
  readonly scopes: readonly string[] | undefined
}): ErrorParts {
  const needed = operation?.scopes ?? []
  const missing = scopes === undefined ? needed : needed.filter((scope) => !scopes.includes(scope))
  const names = needed.join(', ')
  const connectionScopes =
    scopes === undefined
      ? 'Whether the connection has it is not known.'
      : missing.length > 0
        ? `The connection lacks ${missing.join(', ')}.`
        : 'The connection has it by our record: the user may have granted less since.'
  return [
    'API_MISSING_SCOPE',
    'The connection lacks a scope that the operation needs.',
    {
      scopes: needed,
      action:
        names === ''
          ? 'Let the user sign in again with more scopes.'
          : `The operation needs ${names}. ${connectionScopes} Let the user sign in again with it.`,
    },
  ]
}
