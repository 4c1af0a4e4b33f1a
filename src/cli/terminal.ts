/** What a command may touch of the process it runs in. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: Screen
  readonly stderr: Screen
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
}

export interface Screen {
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}
