import { errorCatalogue } from '../error-catalogue/error-catalogue.ts'
import { isStagedoorError } from '../errors.ts'
import { CommandError } from './exit-code.ts'
import { createRedactor } from './redact.ts'
import type { Terminal } from './terminal.ts'

/** Results go to stdout, as lines or as one JSON document; notes and errors go to stderr. */
export interface Output {
  readonly json: boolean
  /** Prints the result of a command. Call it once. */
  result(document: object, lines: readonly string[]): void
  /** Prints a note for people, unless `--json` is set. */
  note(line: string): void
  /** Prints an error: in one line, or as the JSON document. */
  fail(error: unknown): void
  redact(text: string): string
}

export function createOutput(terminal: Terminal, json: boolean): Output {
  const redact = createRedactor(terminal.env)
  const result = (document: object, lines: readonly string[]): void => {
    if (json) terminal.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
    else for (const line of lines) terminal.stdout.write(`${line}\n`)
  }
  return {
    json,
    result,
    redact,
    note(line) {
      if (!json) terminal.stderr.write(`${line}\n`)
    },
    fail(error) {
      const { code, message, action } = explain(error)
      const text = redact(message)
      if (json) return result({ error: { code, message: text, ...(action === undefined ? {} : { action }) } }, [])
      terminal.stderr.write(`stagedoor: ${code}: ${text}${action === undefined ? '' : ` ${action}`}\n`)
    },
  }
}

interface Explanation {
  readonly code: string
  readonly message: string
  readonly action?: string | undefined
}

/** The code of any error, the first line of its message, and what to do if that is known. */
export function explain(error: unknown): Explanation {
  if (isStagedoorError(error)) {
    return { code: error.code, message: error.message, action: errorCatalogue[error.code]?.action }
  }
  if (error instanceof CommandError) return { code: error.code, message: error.message, action: error.action }
  const message = error instanceof Error ? error.message || error.name : String(error)
  return { code: 'UNEXPECTED', message: message.split('\n')[0] ?? '' }
}
