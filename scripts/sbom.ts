import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundledPackages } from './bundled-packages.ts'

// Writes sbom.cdx.json: what an installation brings along, and what the build has bundled. Needs a build in dist.

const root = fileURLToPath(new URL('..', import.meta.url))
const file = join(root, 'sbom.cdx.json')

interface Component {
  readonly type: 'library'
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses: readonly { readonly license: { readonly id: string } }[]
  readonly properties: readonly { readonly name: string; readonly value: string }[]
}

interface Bom {
  components: { readonly name: string; readonly group?: string }[]
  dependencies: { readonly ref: string }[]
}

/** What the build has taken over from `devDependencies`. */
export function bundledComponents(packages: ReadonlyMap<string, string>): Component[] {
  return [...packages].map(([name, folder]) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
    const { version = '', license = '' } = manifest
    const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
    return {
      type: 'library',
      'bom-ref': `bundled:${name}@${version}`,
      name,
      version,
      purl,
      licenses: [{ license: { id: license } }],
      properties: [{ name: 'cdx:npm:package:bundled', value: 'true' }],
    }
  })
}

if (import.meta.main) {
  const options = ['--no-workspaces', '--omit', 'dev', '--omit', 'peer', '--output-reproducible', '--output-file', file]
  execFileSync(join(root, 'node_modules', '.bin', 'cyclonedx-npm'), options, { cwd: root, stdio: 'inherit' })
  const bom = JSON.parse(readFileSync(file, 'utf8')) as Bom
  const packages = bundledPackages(join(root, 'dist'))
  // zod is both: a dependency for its types, and in the build.
  for (const { name, group } of bom.components) packages.delete(group === undefined ? name : `${group}/${name}`)
  const bundled = bundledComponents(packages)
  if (bundled.length === 0) throw new Error('nothing is bundled: run "npm run build" first')
  bom.components.push(...bundled)
  bom.dependencies.push(...bundled.map((component) => ({ ref: component['bom-ref'] })))
  writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`)
  process.stdout.write(`sbom.cdx.json names ${bom.components.length} components\n`)
}
