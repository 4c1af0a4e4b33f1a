import { isStagedoorError } from '../errors.ts'

/** The exit codes of the command line, documented in `docs/guides/cli.md`. */
export const exitCodes = {
  ok: 0,
  /** The command ran and found, or left behind, a problem. */
  problem: 1,
  /** A wrong option or argument. */
  usage: 2,
  /** The configuration is missing, cannot be loaded or is invalid. */
  config: 3,
  /** The database. */
  store: 4,
  /** The keys. */
  keys: 5,
  /** Spotify, or the user at Spotify. */
  provider: 6,
  /** Ended by Ctrl-C or SIGTERM. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** A mistake in how a command was called or configured, reported in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: string
  readonly exitCode: ExitCode
  /** What to do. */
  readonly action: string | undefined
  constructor(
    code: string,
    message: string,
    details: { readonly exitCode: ExitCode; readonly action?: string | undefined },
  ) {
    super(message)
    this.code = code
    this.exitCode = details.exitCode
    this.action = details.action
  }
}

/** The exit code follows from the class of the error, which says who must act. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandError) return error.exitCode
  if (!isStagedoorError(error)) return exitCodes.problem
  switch (error.name) {
    case 'ConfigError':
      return exitCodes.config
    case 'StoreError':
      return exitCodes.store
    case 'VaultError':
      return exitCodes.keys
    default:
      return exitCodes.provider
  }
}
