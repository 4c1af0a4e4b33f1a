import { createStagedoor } from '../stagedoor.ts'
import { checkKeys } from './checks/keys.ts'
import { checkOnline } from './checks/online.ts'
import { checkRecords } from './checks/records.ts'
import { checkStore } from './checks/store.ts'
import { checkVariables } from './checks/variables.ts'
import { type CliConfig, stagedoorOptions } from './config-file.ts'
import { type Context, configOf } from './context.ts'
import { explain } from './output.ts'

/** One line of a diagnosis. */
export interface Finding {
  /** What was looked at. */
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

/** What can be wrong, in the order in which one thing needs another. */
export async function examine(
  context: Context,
  { online = false }: { online?: boolean | undefined },
): Promise<Finding[]> {
  const { env, signal } = context.terminal
  const runtime = checkRuntime()
  let config: CliConfig
  try {
    config = await configOf(context)
  } catch (error) {
    return [runtime, ...checkVariables(env, {}), problem('config file', error)]
  }
  try {
    const variables = checkVariables(env, config)
    const findings = [runtime, ...variables, ok('config file', 'Loaded.')]
    if (!variables.some(({ status }) => status === 'problem')) findings.push(...checkConstruction(config, env))
    findings.push(...(await checkKeys(config, env, signal)))
    const store = await checkStore(config, signal)
    findings.push(...store)
    const sound = !findings.some(({ status }) => status === 'problem')
    if (sound) findings.push(...(await checkRecords(stagedoorOptions(config, env), signal)))
    if (online && sound) findings.push(...(await checkOnline(stagedoorOptions(config, env), signal)))
    return findings
  } finally {
    await config.limiter?.close().catch(() => {})
    await config.store?.close?.().catch(() => {})
  }
}

function checkRuntime(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const message = `Node.js ${process.versions.node}.`
  if (major > 22 || (major === 22 && minor >= 12)) return ok('runtime', message)
  return { check: 'runtime', status: 'problem', code: 'NODE_TOO_OLD', message, action: 'Use Node.js 22.12 or later.' }
}

function checkConstruction(config: CliConfig, env: Readonly<Record<string, string | undefined>>): Finding[] {
  try {
    const options = stagedoorOptions(config, env)
    createStagedoor(options)
    return [ok('options', 'Accepted.')]
  } catch (error) {
    return [problem('options', error)]
  }
}
