import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface Manifest {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly exports: Readonly<Record<string, unknown>>
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

/** A tarball to test in place of one packed here: the path in `STAGEDOOR_TARBALL`, from the root. */
export function givenTarball(): string | undefined {
  const { STAGEDOOR_TARBALL: path = '' } = process.env
  return path === '' ? undefined : resolve(root, path)
}

/**
 * The package in an empty folder, away from everything in this one: the tarball that is given, or else one that is built
 * and packed here.
 */
export class PackedPackage {
  readonly folder = mkdtempSync(join(tmpdir(), 'stagedoor-packed-'))
  /** What the tarball holds. */
  readonly files: readonly string[]
  /** An application that has installed it. */
  readonly consumer = join(this.folder, 'consumer')
  readonly installed = join(this.consumer, 'node_modules', 'stagedoor')

  constructor() {
    mkdirSync(this.consumer)
    const tarball = givenTarball() ?? this.#pack()
    const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
    this.files = listed.map((path) => path.replace(/^package\//, ''))
    writeFileSync(join(this.consumer, 'package.json'), '{ "name": "consumer", "private": true }')
    install(this.consumer, tarball)
  }

  /** Builds and packs a copy of the sources; returns the path of the tarball. */
  #pack(): string {
    const source = join(this.folder, 'package')
    mkdirSync(source)
    const copied = ['src', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'tsup.config.ts']
    for (const name of [...copied, 'README.md', 'CHANGELOG.md', 'LICENSE', 'SECURITY.md']) {
      if (existsSync(join(root, name))) cpSync(join(root, name), join(source, name), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'))
    const build = ['--no-warnings', join(source, 'scripts', 'build.ts')]
    execFileSync(process.execPath, build, { stdio: ['ignore', 'inherit', 'inherit'] })
    const packed: unknown = JSON.parse(
      npm(source, 'pack', '--json', '--ignore-scripts', '--pack-destination', this.folder),
    )
    const [report] = Object.values(packed as Record<string, { filename: string }>)
    if (report === undefined) throw new Error('npm pack made no report')
    return join(this.folder, report.filename)
  }

  /** Gives the application a package that it would have installed itself. */
  provide(...names: readonly string[]): void {
    for (const name of names) {
      const target = join(this.consumer, 'node_modules', name)
      mkdirSync(dirname(target), { recursive: true })
      if (!existsSync(target)) symlinkSync(join(root, 'node_modules', name), target)
    }
  }

  withdraw(...names: readonly string[]): void {
    for (const name of names) rmSync(join(this.consumer, 'node_modules', name), { force: true })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function npm(cwd: string, ...args: readonly string[]): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** With npm where there is a registry or a warm cache; without either, by hand, and it says so. */
function install(consumer: string, tarball: string): void {
  try {
    npm(consumer, 'install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--omit=peer', tarball)
  } catch (error) {
    if (process.env.CI === 'true') throw error
    process.stderr.write('not installed by npm: no registry and no cache; the dependencies are copied instead\n')
    const target = join(consumer, 'node_modules', 'stagedoor')
    mkdirSync(target, { recursive: true })
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', target])
    for (const name of closure(Object.keys(manifest.dependencies))) {
      cpSync(join(root, 'node_modules', name), join(consumer, 'node_modules', name), { recursive: true })
    }
  }
}

function closure(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue
    found.add(name)
    const path = join(root, 'node_modules', name, 'package.json')
    const { dependencies = {} } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Manifest>
    closure(Object.keys(dependencies), found)
  }
  return found
}

/** Files below a folder, with forward slashes. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
}
