import { explain } from './output.ts'

/** The result of one check, printed as one line. */
export interface Finding {
  /** The name of the check. */
  readonly check: string
  readonly status: 'ok' | 'warning' | 'problem' | 'skipped'
  readonly code?: string | undefined
  readonly message: string
  /** What to do. */
  readonly action?: string | undefined
}

export function ok(check: string, message: string): Finding {
  return { check, status: 'ok', message }
}

export function problem(check: string, error: unknown): Finding {
  return { check, status: 'problem', ...explain(error) }
}
