import { existsSync, globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { files as sources } from './support/imports.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const files = globSync('**/*.{ts,mjs}', { cwd: root, exclude: ['**/node_modules/**', 'e2e/out/**'] })
  .map((name) => name.split('\\').join('/'))
  .sort()

/** Tests of the whole: of several folders at once, of documents, of the package. */
const ofTheWhole = ['architecture', 'docs', 'e2e', 'examples', 'flow', 'packaging', 'words']
/** Not tests of Vitest: other test runs, data, compiled types, and code that guides quote. */
const others = ['clients', 'fixtures', 'runtimes', 'support', 'types', 'testing/guide']

const below = (file: string, folders: readonly string[]): boolean =>
  folders.some((folder) => file.startsWith(`${folder}/`))
const isTest = (file: string): boolean => file.endsWith('.test.ts')
const tests = files.filter((file) => isTest(file) && !below(file, [...ofTheWhole, ...others]))

/**
 * Where the tests of a source are: in its own folder below `test`, or in the nearest one above that has any. Those of
 * the files beside the folders, such as `src/config.ts`, are beside the folders too.
 */
function testsOf(source: string): string[] {
  let folder = dirname(source)
  for (;;) {
    const found = tests.filter((file) => dirname(file) === folder)
    if (found.length > 0 || !folder.includes('/')) return found
    folder = dirname(folder)
  }
}

describe('the layout of test', () => {
  it('mirrors the folders of src', () => {
    const folders = new Set(tests.map((file) => dirname(file)))
    const known = ['testing/clients']
    const lost = [...folders].filter((folder) => !known.includes(folder) && !existsSync(join(root, '../src', folder)))
    expect(lost).toEqual([])
  })

  it('has the test of a source at the same path', () => {
    const misplaced = tests.flatMap((file) => {
      const name = basename(file).replace(/(\.contract)?\.test\.ts$/, '.ts')
      const area = file.split('/')[0]
      const places = sources.filter((source) => basename(source) === name && source.split('/')[0] === area)
      if (places.length === 0 || places.some((source) => dirname(source) === dirname(file))) return []
      return [`${file}: ${places.join(' or ')}`]
    })
    expect(misplaced).toEqual([])
  })

  it.each(sources)('leads from src/%s to its tests', (source) => {
    expect(testsOf(source).length).toBeGreaterThan(0)
  })

  it('keeps helpers in folders called support', () => {
    const helpers = files.filter((file) => !isTest(file) && !below(file, others))
    expect(helpers.filter((file) => !file.split('/').includes('support'))).toEqual([])
  })
})
