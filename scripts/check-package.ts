import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

// Checks the package as it is published: publint, types under every resolution, sizes, licences. It packs `dist` once, or
// takes the tarball in STAGEDOOR_TARBALL, whose `dist` then replaces the one here.

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'stagedoor-package-'))

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { cwd: root, stdio: 'inherit' })
}

try {
  const { STAGEDOOR_TARBALL: given = '' } = process.env
  const tarball = given === '' ? pack() : resolve(root, given)
  if (given !== '') {
    rmSync(join(root, 'dist'), { recursive: true, force: true })
    run('tar', '-xzf', tarball, '--strip-components=1', '-C', root, 'package/dist')
  }
  run('publint', '--strict', tarball)
  run('attw', tarball, '--profile', 'esm-only')
  run('size-limit')
  run('npm', 'run', 'licenses')
} catch (error) {
  if ((error as { status?: unknown }).status === undefined) throw error
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}

function pack(): string {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
  return join(folder, execFileSync('npm', args, { cwd: root, encoding: 'utf8' }).trim())
}
