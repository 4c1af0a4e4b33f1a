import type { Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Finding } from '../finding.ts'
import { runChecks } from '../run-checks.ts'

interface DoctorOptions {
  /** Also sends requests to Spotify. */
  readonly online?: boolean | undefined
}

const symbols = { ok: '✓', warning: '!', problem: '✗', skipped: '–' } as const

/** Checks the whole setup and reports in one line per check what is wrong and what to do. */
export async function doctor(context: Context, options: DoctorOptions): Promise<ExitCode> {
  const findings = await runChecks(context, options)
  const problems = findings.filter(({ status }) => status === 'problem').length
  const warnings = findings.filter(({ status }) => status === 'warning').length
  const redacted = findings.map((finding) => ({ ...finding, message: context.output.redact(finding.message) }))
  const summary =
    problems > 0
      ? `${problems} ${problems === 1 ? 'problem' : 'problems'} to fix.`
      : `No problems found${warnings > 0 ? `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}` : ''}.`
  context.output.result({ healthy: problems === 0, problems, warnings, findings: redacted }, [
    ...redacted.map(formatFinding),
    '',
    summary,
  ])
  return problems === 0 ? exitCodes.ok : exitCodes.problem
}

function formatFinding({ check, status, code, message, action }: Finding): string {
  const text = [message, action].filter(Boolean).join(' ')
  return `${symbols[status]} ${check.padEnd(12)} ${code === undefined ? '' : `${code}: `}${text}`
}
