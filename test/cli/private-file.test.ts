import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPrivateFile } from '../../src/cli/private-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stagedoor-private-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const path = (name = '.env'): string => join(folder, name)
const modeOf = (file: string): number => statSync(file).mode & 0o777

function existing(mode: number): string {
  writeFileSync(path(), 'PORT=3000\n')
  chmodSync(path(), mode)
  return path()
}

async function append(file: string, { force = false, platform = process.platform, uid = process.getuid?.() } = {}) {
  const out = await openPrivateFile(file, { name: '.env', force }, { platform, uid })
  try {
    return await out.append('KEY=1\n')
  } finally {
    await out.close()
  }
}

const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'OUT_FILE', exitCode: 2, message: expect.stringMatching(message) })

describe('a file for secrets', () => {
  it('is created for its owner alone', async () => {
    expect(await append(path())).toEqual([])
    expect([readFileSync(path(), 'utf8'), modeOf(path())]).toEqual(['KEY=1\n', 0o600])
  })

  it.each([0o600, 0o700])('is continued when it is private already: mode 0%o', async (mode) => {
    expect(await append(existing(mode))).toEqual([])
    expect([readFileSync(path(), 'utf8'), modeOf(path())]).toEqual(['PORT=3000\nKEY=1\n', mode])
  })

  it.each([0o640, 0o604, 0o620, 0o666])('is left as it is when others have access: mode 0%o', async (mode) => {
    await expect(append(existing(mode))).rejects.toEqual(refused(/is open to other users of this machine/))
    expect([readFileSync(path(), 'utf8'), modeOf(path())]).toEqual(['PORT=3000\n', mode])
  })

  it.each([0o640, 0o604, 0o666])('is made private when that is forced: mode 0%o', async (mode) => {
    expect(await append(existing(mode), { force: true })).toEqual([expect.stringContaining('Its mode is now 0600.')])
    expect([readFileSync(path(), 'utf8'), modeOf(path())]).toEqual(['PORT=3000\nKEY=1\n', 0o600])
  })

  it('keeps the mode it has on Windows, where modes say nothing', async () => {
    expect(await append(existing(0o644), { platform: 'win32' as const })).toEqual([])
    expect([readFileSync(path(), 'utf8'), modeOf(path())]).toEqual(['PORT=3000\nKEY=1\n', 0o644])
  })

  it.each([false, true])('is not looked for behind a link: force is %s', async (force) => {
    writeFileSync(path('target'), '')
    chmodSync(path('target'), 0o600)
    symlinkSync(path('target'), path())
    symlinkSync(path('nowhere'), path('dangling'))
    for (const link of [path(), path('dangling')]) {
      await expect(append(link, { force })).rejects.toEqual(refused(/symbolic link/))
    }
    expect([readFileSync(path('target'), 'utf8'), existsSync(path('nowhere'))]).toEqual(['', false])
  })

  it('is neither a folder nor a pipe nor a device', async () => {
    mkdirSync(path('folder'))
    execFileSync('mkfifo', [path('pipe')])
    for (const file of [path('folder'), path('pipe'), '/dev/null']) {
      await expect(append(file, { force: true })).rejects.toEqual(refused(/is not a file/))
    }
  })

  it('of another user is refused, and keeps its mode when forced', async () => {
    existing(0o600)
    const uid = statSync(path()).uid + 1
    await expect(append(path(), { uid })).rejects.toEqual(refused(/belongs to another user/))
    expect(await append(path(), { uid, force: true })).toEqual([expect.stringContaining('Its mode is left at 0600.')])
    expect([readFileSync(path(), 'utf8'), modeOf(path())]).toEqual(['PORT=3000\nKEY=1\n', 0o600])
  })
})
