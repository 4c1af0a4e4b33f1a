import { createStagedoor } from '../stagedoor.ts'
import { checkKeys } from './checks/keys.ts'
import { checkOnline } from './checks/online.ts'
import { checkRecords } from './checks/records.ts'
import { checkStore } from './checks/store.ts'
import { checkVariables } from './checks/variables.ts'
import { type CliConfig, stagedoorOptions } from './config-file.ts'
import { type Context, loadConfig } from './context.ts'
import { type Finding, ok, problem } from './finding.ts'

/** Runs all checks, each after those that it depends on. */
export async function runChecks(
  context: Context,
  { online = false }: { online?: boolean | undefined },
): Promise<Finding[]> {
  const { env, signal } = context.terminal
  const runtime = checkRuntime()
  let config: CliConfig
  try {
    config = await loadConfig(context)
  } catch (error) {
    return [runtime, ...checkVariables(env, {}), problem('config file', error)]
  }
  try {
    const variables = checkVariables(env, config)
    const findings = [runtime, ...variables, ok('config file', 'Loaded.')]
    if (!variables.some(({ status }) => status === 'problem')) findings.push(...checkOptions(config, env))
    findings.push(...(await checkKeys(config, signal)))
    const store = await checkStore(config, signal)
    findings.push(...store)
    const healthy = !findings.some(({ status }) => status === 'problem')
    if (healthy) findings.push(...(await checkRecords(stagedoorOptions(config, env), signal)))
    if (online && healthy) findings.push(...(await checkOnline(stagedoorOptions(config, env), signal)))
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

function checkOptions(config: CliConfig, env: Readonly<Record<string, string | undefined>>): Finding[] {
  try {
    const options = stagedoorOptions(config, env)
    createStagedoor(options)
    return [ok('options', 'Accepted.')]
  } catch (error) {
    return [problem('options', error)]
  }
}
