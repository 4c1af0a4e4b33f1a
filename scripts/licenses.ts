import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Fails when something that is shipped is under a licence that requires more than attribution: the runtime dependencies
// with all of theirs, and what the command line bundles.

const root = fileURLToPath(new URL('..', import.meta.url))
const permissive = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
])

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** The folder that `name` is resolved to from `from`, as Node does. */
function folderOf(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const [found] = globSync(join(folder, 'node_modules', name, 'package.json'))
    if (found !== undefined) return dirname(found)
    if (folder === dirname(folder)) throw new Error(`${name} is not installed`)
  }
}

function collect(names: readonly string[], from: string, found: Map<string, Manifest>): void {
  for (const name of names) {
    const folder = folderOf(name, from)
    if (found.has(folder)) continue
    const manifest = manifestOf(folder)
    found.set(folder, manifest)
    collect(Object.keys(manifest.dependencies ?? {}), folder, found)
  }
}

/** `A OR B` is fine if one of them is, `A AND B` if both are. */
export function allowed(license: string | undefined): boolean {
  if (license === undefined) return false
  const bare = license.replace(/[()]/g, ' ').trim()
  if (/ OR /.test(bare)) return bare.split(' OR ').some(allowed)
  if (/ AND /.test(bare)) return bare.split(' AND ').every(allowed)
  return permissive.has(bare)
}

if (import.meta.main) {
  const found = new Map<string, Manifest>()
  const bundled = ['commander', '@clack/prompts']
  collect([...Object.keys(manifestOf(root).dependencies ?? {}), ...bundled], root, found)
  const refused = [...found.values()].filter(({ license }) => !allowed(license))
  for (const { name, version, license } of refused) {
    process.stderr.write(`${name} ${version}: ${license ?? 'no licence'} is not among the permitted licences\n`)
  }
  process.stdout.write(
    `${found.size} packages are shipped or needed, ${refused.length} under a licence that is not permitted\n`,
  )
  process.exitCode = refused.length === 0 ? 0 : 1
}
