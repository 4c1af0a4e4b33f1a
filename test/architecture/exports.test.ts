import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { entries } from '../../scripts/entries.ts'
import { unusedExports } from './support/exports.ts'
import { imports } from './support/imports.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const find = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: root }).map((name) => name.replaceAll('\\', '/'))

/** What only tests import, and why they cannot do without. */
const forTests: Readonly<Record<string, string>> = {
  'src/spotify/chunk.ts chunk': 'shows for any list that the pieces are the list; endpoints allow only some sizes',
}

/** Packages that are found by their name alone, and by what. */
const impliedBy: Readonly<Record<string, string>> = {
  '@size-limit/preset-small-lib': 'size-limit loads the plugins that package.json names',
}

describe('what a source file exports', () => {
  const sources = new Map(find('src/**/*.ts', 'scripts/*.ts').map((file) => [file, read(file)]))
  const unused = unusedExports(
    sources,
    entries.map(({ source }) => source),
  ).filter((name) => name.startsWith('src/'))

  it('is imported by another or exported by an entry', { timeout: 60_000 }, () => {
    expect(sources.size).toBeGreaterThan(300)
    expect(unused.filter((name) => !(name in forTests))).toEqual([])
  })

  it('is on the list for tests only where a test imports it and nothing else does', () => {
    const tests = find('test/**/*.ts').map(read)
    expect(Object.keys(forTests).filter((name) => !unused.includes(name))).toEqual([])
    const names = Object.keys(forTests).map((name) => name.split(' ')[1] ?? '')
    expect(
      names.filter((name) => !tests.some((text) => new RegExp(`^import .*\\b${name}\\b`, 'm').test(text))),
    ).toEqual([])
  })

  it('would be noticed in each form', () => {
    const found = unusedExports(
      new Map([
        ['src/index.ts', "export { a } from './a.ts'\nexport * from './all.ts'"],
        [
          'src/a.ts',
          'export const a = 1\nexport const b = 1\nexport function c() {}\nexport type D = 1\nconst e = 1\nexport { e }',
        ],
        ['src/all.ts', 'export const f = 1'],
        ['src/barrel.ts', "export { c } from './a.ts'\nexport { b as g } from './a.ts'"],
        ['src/user.ts', "import { g } from './barrel.ts'\nconst { i } = await import('./late.ts')"],
        ['src/late.ts', 'export const i = 1\nexport interface J {}'],
      ]),
      ['src/index.ts'],
    )
    expect(found).toEqual(['src/a.ts D', 'src/a.ts c', 'src/a.ts e', 'src/late.ts J'])
  })
})

describe('the packages of package.json', () => {
  const packages = new Set(imports.flatMap(({ local, target }) => (local ? [] : [nameOf(target)])))

  it('that applications install are imported by the sources', () => {
    const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]
    expect(installed.filter((name) => !packages.has(name))).toEqual([])
  })

  it('that only this repository needs are used by its code, its scripts or another package', () => {
    const code = find('{src,test,scripts,examples,docs,.ci}/**/*.{ts,tsx,mjs,json,md,sh}', '.ci/*', '*.config.ts')
    const text = [Object.values(manifest.scripts).join('\n'), ...code.filter(isCode).map(read)].join('\n')
    const names = Object.keys(manifest.devDependencies)
    const peers = new Set(names.flatMap(requiredPeers))
    const needed = (name: string): boolean => {
      const { bin = {} } = installed(name)
      const commands = typeof bin === 'string' ? [] : Object.keys(bin)
      const subject = name.replace(/^@types\//, '')
      return peers.has(name) || name in impliedBy || [subject, ...commands].some((word) => text.includes(word))
    }
    expect(names.filter((name) => !needed(name))).toEqual([])
    expect(Object.keys(impliedBy).filter((name) => !names.includes(name))).toEqual([])
  })
})

function isCode(file: string): boolean {
  return !/(?:^|\/)(?:node_modules|fixtures)\/|package(?:-lock)?\.json$/.test(file)
}

interface Manifest {
  readonly bin?: string | Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

function installed(name: string): Manifest {
  return JSON.parse(read(`node_modules/${name}/package.json`)) as Manifest
}

function requiredPeers(name: string): string[] {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = installed(name)
  return Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true)
}

function nameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
