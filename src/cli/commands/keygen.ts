import { appendFile, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { base64url, randomBytes } from '../../internal/bytes.ts'
import type { Context } from '../context.ts'
import { CommandError, type ExitCode, exitCodes } from '../exit-code.ts'

const variables = { login: 'STAGEDOOR_LOGIN_KEYS', vault: 'STAGEDOOR_VAULT_KEY' } as const

interface KeygenOptions {
  readonly only?: keyof typeof variables | undefined
  /** Appends the lines to this file instead of printing them. */
  readonly out?: string | undefined
}

/** Generates keys, as lines for an environment file. This is the only command whose output is secret. */
export async function keygen({ terminal, output }: Context, { only, out }: KeygenOptions): Promise<ExitCode> {
  const names = only === undefined ? Object.values(variables) : [variables[only]]
  const keys = Object.fromEntries(names.map((name) => [name, base64url(randomBytes(32))]))
  const lines = Object.entries(keys).map(([name, key]) => `${name}=${key}`)
  if (out !== undefined) {
    await append(resolve(terminal.cwd, out), names, lines)
    output.result({ written: names }, [
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

async function append(path: string, names: readonly string[], lines: readonly string[]): Promise<void> {
  const existing = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return ''
    throw error
  })
  const existingName = names.find((name) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, 'm').test(existing))
  if (existingName !== undefined) {
    throw new CommandError('KEY_PRESENT', `The file already sets ${existingName}.`, {
      exitCode: exitCodes.usage,
      action:
        'To rotate login keys, put the new one first in the list; to rotate the vault key, use "stagedoor rotate".',
    })
  }
  const separator = existing === '' || existing.endsWith('\n') ? '' : '\n'
  await appendFile(path, `${separator}${lines.join('\n')}\n`, { mode: 0o600 })
}
