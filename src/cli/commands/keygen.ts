import { resolve } from 'node:path'
import { base64url, randomBytes } from '../../internal/bytes.ts'
import type { Context } from '../context.ts'
import { CommandError, type ExitCode, exitCodes } from '../exit-code.ts'
import { openPrivateFile } from '../private-file.ts'

const variables = { login: 'STAGEDOOR_LOGIN_KEYS', vault: 'STAGEDOOR_VAULT_KEY' } as const

interface KeygenOptions {
  readonly only?: keyof typeof variables | undefined
  /** Appends the lines to this file instead of printing them. */
  readonly out?: string | undefined
  /** Also writes to a file that is open to other users, and makes it private. */
  readonly force?: boolean | undefined
}

/** Generates keys, as lines for an environment file. This is the only command whose output is secret. */
export async function keygen(
  { terminal, output }: Context,
  { only, out, force = false }: KeygenOptions,
): Promise<ExitCode> {
  const names = only === undefined ? Object.values(variables) : [variables[only]]
  const keys = Object.fromEntries(names.map((name) => [name, base64url(randomBytes(32))]))
  const lines = Object.entries(keys).map(([name, key]) => `${name}=${key}`)
  if (out !== undefined) {
    const warnings = await append(resolve(terminal.cwd, out), { name: out, force }, names, lines)
    for (const warning of warnings) output.note(`Warning: ${warning}`)
    output.result({ written: names, ...(warnings.length === 0 ? {} : { warnings }) }, [
      `Wrote ${names.join(' and ')} to ${out}. Keep that file out of version control.`,
    ])
    return exitCodes.ok
  }
  output.result(keys, lines)
  if (terminal.stdout.isTTY === true) {
    output.note(
      'These keys are secret and remain in the scrollback of this terminal. With --out they are written to a file instead.',
    )
  }
  return exitCodes.ok
}

/** Returns warnings about the file. */
async function append(
  path: string,
  file: { readonly name: string; readonly force: boolean },
  names: readonly string[],
  lines: readonly string[],
): Promise<readonly string[]> {
  const out = await openPrivateFile(path, file)
  try {
    const existingName = names.find((name) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, 'm').test(out.text))
    if (existingName !== undefined) {
      throw new CommandError('KEY_PRESENT', `The file already sets ${existingName}.`, {
        exitCode: exitCodes.usage,
        action:
          'To rotate login keys, put the new one first in the list; to rotate the vault key, use "stagedoor rotate".',
      })
    }
    const separator = out.text === '' || out.text.endsWith('\n') ? '' : '\n'
    return await out.append(`${separator}${lines.join('\n')}\n`)
  } finally {
    await out.close()
  }
}
