import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { CommandError, exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/**
 * Returns the environment with the variables of a file added. They are also set in `process.env`, because configuration
 * files read it.
 */
export function loadEnvFile(path: string, terminal: Terminal): Terminal['env'] {
  let text: string
  try {
    text = readFileSync(resolve(terminal.cwd, path), 'utf8')
  } catch {
    throw new CommandError('ENV_FILE', `The file ${path} cannot be read.`, { exitCode: exitCodes.usage })
  }
  const added = Object.entries(parseEnv(text)).filter(([name]) => terminal.env[name] === undefined)
  for (const [name, value] of added) process.env[name] ??= value
  return { ...Object.fromEntries(added), ...terminal.env }
}
