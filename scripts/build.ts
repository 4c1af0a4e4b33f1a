import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundledPackages } from './bundled-packages.ts'

// Builds the package: JavaScript with tsup, declarations with tsc, and the licences of what is bundled.

const root = fileURLToPath(new URL('..', import.meta.url))
const out = join(root, 'dist')

function run(command: string, ...args: string[]): void {
  const file = join(root, 'node_modules', '.bin', command)
  const { status } = spawnSync(file, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) process.exit(status ?? 1)
}

rmSync(out, { recursive: true, force: true })
run('tsup', '--silent')
run('tsc', '-p', 'tsconfig.build.json')

// Declarations name sources; resolvers of other compilers want the files that are there. Equally long: maps stay right.
for (const name of globSync('**/*.d.ts', { cwd: out })) {
  const path = join(out, name)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replaceAll(/((?:from|import\()\s*')(\.{1,2}\/[^']+)\.ts'/g, "$1$2.js'"))
}

const notices = [...bundledPackages(out)]
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([name, folder]) => {
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      string,
      string
    >
    const [file] = globSync('{LICENSE,LICENCE,license}*', { cwd: folder })
    if (file === undefined) throw new Error(`${name} is bundled and has no licence file`)
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
const rule = `\n${'-'.repeat(80)}\n\n`
writeFileSync(
  join(out, 'THIRD-PARTY-LICENSES.txt'),
  `This package contains code of these packages.\n${rule}${notices.join(rule)}`,
)
