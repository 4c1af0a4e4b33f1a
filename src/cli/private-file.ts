import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { CommandError, exitCodes } from './exit-code.ts'

/** What other users of the machine may do with a file. */
const ofOthers = 0o077
const privateMode = 0o600

/** Who writes, and where. */
interface System {
  readonly platform: NodeJS.Platform
  readonly uid: number | undefined
}

/** A file for secrets. */
interface PrivateFile {
  /** What it holds already. */
  readonly text: string
  /** Writes at its end. Returns warnings: what was wrong with the file, and is put right or remains. */
  append(text: string): Promise<readonly string[]>
  close(): Promise<void>
}

/**
 * Opens a file for secrets, or creates it so that its owner alone can read it. Links are not followed. A file that is open
 * to other users is refused when it is written to; with `force` its mode is tightened first, if it is the caller's own.
 *
 * @throws CommandError `OUT_FILE`
 */
export async function openPrivateFile(
  path: string,
  { name, force }: { readonly name: string; readonly force: boolean },
  system: System = { platform: process.platform, uid: process.getuid?.() },
): Promise<PrivateFile> {
  const file = await openFile(path, name)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw noFile(name)
    const text = await file.readFile('utf8')
    return {
      text,
      async append(added) {
        // Windows has no modes: there the permissions that the folder hands on decide.
        const hasModes = system.platform !== 'win32'
        const warnings = hasModes ? await makePrivate(file, { name, force, stats, uid: system.uid }) : []
        await file.appendFile(added)
        return warnings
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function openFile(path: string, name: string): Promise<FileHandle> {
  const existing = await lstat(path).catch(() => undefined)
  if (existing?.isSymbolicLink()) throw link(name)
  // Windows lacks the last two, so there the look above has to do.
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
  try {
    return await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, privateMode)
  } catch (error) {
    const code = (error as { code?: unknown }).code
    if (code === 'ELOOP') throw link(name)
    if (code === 'EISDIR') throw noFile(name)
    throw error
  }
}

interface Checked {
  readonly name: string
  readonly force: boolean
  readonly stats: Stats
  readonly uid: number | undefined
}

async function makePrivate(file: FileHandle, { name, force, stats, uid }: Checked): Promise<readonly string[]> {
  const shown = `0${(stats.mode & 0o777).toString(8).padStart(3, '0')}`
  if (stats.uid !== uid) {
    if (!force) throw refused(`${name} belongs to another user of this machine, who could read the keys.`)
    return [`${name} belongs to another user of this machine, who can read the keys. Its mode is left at ${shown}.`]
  }
  if ((stats.mode & ofOthers) === 0) return []
  if (!force) throw refused(`${name} is open to other users of this machine (mode ${shown}).`, `chmod 600 ${name}`)
  await file.chmod(privateMode)
  return [`${name} was open to other users of this machine (mode ${shown}). Its mode is now 0600.`]
}

function refused(message: string, command?: string): CommandError {
  const action =
    command === undefined
      ? 'Name a file of your own, or write to this one with --force.'
      : `Run "${command}" first, or let --force do it.`
  return new CommandError('OUT_FILE', message, { exitCode: exitCodes.usage, action })
}

function link(name: string): CommandError {
  return new CommandError('OUT_FILE', `${name} is a symbolic link, and keys are not written through one.`, {
    exitCode: exitCodes.usage,
    action: 'Name the file that it leads to.',
  })
}

function noFile(name: string): CommandError {
  return new CommandError('OUT_FILE', `${name} is not a file.`, {
    exitCode: exitCodes.usage,
    action: 'Name a file, which may not exist yet.',
  })
}
