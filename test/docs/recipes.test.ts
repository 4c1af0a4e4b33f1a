import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { read, root } from './support/documents.ts'

interface Recipe {
  readonly name: string
  readonly text: string
  /** Arguments of the command at the end. */
  readonly files: readonly string[]
}

const section =
  read('CONTRIBUTING.md')
    .split(/^## /m)
    .find((part) => part.startsWith('Recipes\n')) ?? ''
const recipes: readonly Recipe[] = section
  .split(/^### /m)
  .slice(1)
  .map((part) => {
    const [name = '', ...lines] = part.trim().split('\n')
    const text = lines.join('\n')
    const command = /`npx vitest run ([^`]+)`$/.exec(text)?.[1] ?? ''
    return { name, text, files: command.split(' ').filter((file) => file !== '') }
  })

/** What each kind of change is held to: a name that the test it runs must use. */
const contracts: Readonly<Record<string, string>> = {
  'A provider': 'startOidcServer',
  'A store': 'storeContract',
  'A key service': 'kmsContract',
  'An endpoint': 'operations',
  'A framework adapter': 'hosts',
  'An event': 'StagedoorEvents',
  'An error code': 'src/error-codes.ts',
  'An option': '@default',
}

/** Paths in backticks, from the root. */
const pathsOf = (text: string): string[] =>
  [...text.matchAll(/`((?:src|test|docs|scripts)\/[^`\s]*|package\.json)`/g)].map(([, path = '']) => path)

/** The files that a path with NAME may mean: those that are there for the things that the project has already. */
const matching = (path: string): string[] =>
  globSync(path.replace('NAME', '*'), { cwd: root }).map((name) => name.replaceAll('\\', '/'))

/** Every test file that `vitest run` would run. */
function collected(): Set<string> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { stdout } = spawnSync(process.execPath, [vitest, 'list', '--filesOnly'], { cwd: root, encoding: 'utf8' })
  return new Set(stdout.split('\n').map((line) => line.trim().replaceAll('\\', '/')))
}

describe('the recipes of CONTRIBUTING.md', () => {
  it('are there for each kind of change', () => {
    expect(recipes.map(({ name }) => name)).toEqual(Object.keys(contracts))
  })

  it.each(recipes)('$name: names only what exists', ({ text }) => {
    const paths = pathsOf(text)
    expect(paths.length).toBeGreaterThan(1)
    expect(paths.filter((path) => !existsSync(join(root, path)) && matching(path).length === 0)).toEqual([])
  })

  it.each(recipes)('$name: the npm scripts it names exist', ({ text }) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/`npm run ([\w:]+)/g)].map(([, script = '']) => script)
    expect(named.filter((script) => !(script in scripts))).toEqual([])
  })

  it('end with a command that runs the tests it names', { timeout: 60_000 }, () => {
    const all = collected()
    expect(all.size).toBeGreaterThan(100)
    for (const { name, files } of recipes) {
      expect(files.length, name).toBeGreaterThan(0)
      for (const file of files) {
        const found = matching(file)
        expect(found.length, `${name}: ${file}`).toBeGreaterThan(0)
        expect(
          found.filter((one) => !all.has(one)),
          `${name}: ${file}`,
        ).toEqual([])
      }
    }
  })

  it.each(recipes)('$name: what the command runs is its contract', ({ name, files }) => {
    const contract = contracts[name] ?? ''
    const texts = files.flatMap(matching).map((file) => read(file))
    const running = texts.filter((text) => text.includes(contract) && /^ *(?:it|test)(?:\.each\(.*)?\(/m.test(text))
    expect(running.length, contract).toBeGreaterThan(0)
  })

  it('repeat in AGENTS.md neither a recipe nor a rule', () => {
    const agents = read('AGENTS.md')
    expect(agents).toContain('CONTRIBUTING.md')
    const lines = read('CONTRIBUTING.md')
      .split('\n')
      .map((line) => line.replace(/^(?:- |\d+\. )/, ''))
      .filter((line) => line.length > 30)
    expect(lines.filter((line) => agents.includes(line))).toEqual([])
    expect(pathsOf(agents).filter((path) => pathsOf(section).includes(path) && path !== 'src/index.ts')).toEqual([])
  })
})
