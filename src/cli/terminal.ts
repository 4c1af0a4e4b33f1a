/** The parts of the process that a command may use. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
}

interface OutputStream {
  readonly isTTY?: boolean | undefined
  write(text: string): unknown
}
