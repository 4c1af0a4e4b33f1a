import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// For maintainers, after a change of dependencies: completes a lockfile. npm leaves out optional packages of other
// platforms that a registry mirror lacks, and refuses that lockfile in `npm ci` ever after. This drops the entries that
// have no integrity hash, lets npm resolve again, and names what is still missing.
// `node scripts/lock-platforms.ts [folder]`

export interface Lock {
  packages: Record<string, Entry>
}

interface Entry {
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Whether `name` is found from `from`, as Node looks for it: in its own folder, then in those above. */
function locked(lock: Lock, from: string, name: string): boolean {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${base === '' ? '' : `${base}/`}node_modules/${name}`] !== undefined) return true
    if (base === '') return false
  }
}

/** Entries without an integrity hash. The root, workspaces and links to them are no packages of a registry. */
export function withoutIntegrity(lock: Lock): string[] {
  return Object.entries(lock.packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))
    .map(([path]) => path)
}

/** Optional packages, such as binaries of other platforms, that no entry exists for. */
export function missingPlatforms(lock: Lock): string[] {
  return Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !locked(lock, path, name)),
  )
}

if (import.meta.main) {
  const folder = process.argv[2] ?? '.'
  const file = join(folder, 'package-lock.json')
  const read = (): Lock => JSON.parse(readFileSync(file, 'utf8'))
  const before = read()
  for (const path of withoutIntegrity(before)) delete before.packages[path]
  writeFileSync(file, `${JSON.stringify(before, null, 2)}\n`)
  const install = ['install', '--package-lock-only', '--ignore-scripts']
  execFileSync('npm', install, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  const after = read()
  const problems = [
    ...withoutIntegrity(after).map((path) => `${path} has no integrity hash`),
    ...missingPlatforms(after).map((name) => `${name} is not locked: this registry does not have it`),
  ]
  for (const line of problems) process.stderr.write(`${line}\n`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
