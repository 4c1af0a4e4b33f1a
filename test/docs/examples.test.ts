import { posix } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { entries } from '../../scripts/entries.ts'
import { exampleBlocks, read } from './support/documents.ts'

const sources = entries.map(({ source }) => source)

interface ExportedFunction {
  readonly name: string
  readonly file: string
  readonly example: boolean
}

/** The functions that a file exports, its own and those of other files, and whether their doc comment has an example. */
function exportedFunctions(file: string, wanted?: ReadonlySet<string>): ExportedFunction[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
  return source.statements.flatMap((statement) => {
    if (ts.isFunctionDeclaration(statement) && statement.modifiers?.[0]?.kind === ts.SyntaxKind.ExportKeyword) {
      const name = statement.name?.text ?? ''
      if (wanted !== undefined && !wanted.has(name)) return []
      const example = ts.getJSDocTags(statement).some(({ tagName }) => tagName.text === 'example')
      return [{ name, file, example }]
    }
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly || statement.moduleSpecifier === undefined) return []
    const clause = statement.exportClause
    if (clause === undefined || !ts.isNamedExports(clause))
      throw new Error(`${file} exports names that it does not list`)
    const names = clause.elements
      .filter((element) => !element.isTypeOnly)
      .map((element) => (element.propertyName ?? element.name).text)
      .filter((name) => wanted === undefined || wanted.has(name))
    const target = (statement.moduleSpecifier as ts.StringLiteral).text
    return names.length === 0 ? [] : exportedFunctions(posix.join(posix.dirname(file), target), new Set(names))
  })
}

describe('the examples in doc comments', () => {
  it('show the use of every function that an entry exports', () => {
    const functions = sources.flatMap((source) => exportedFunctions(source))
    const names = functions.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['createStagedoor', 'createVault', 'redisStore', 'storeContract']))
    expect(functions.filter(({ example }) => !example).map(({ name, file }) => `${name} in ${file}`)).toEqual([])
  })

  it.each(sources)('introduce the entry %s', (entry) => {
    expect(exampleBlocks(entry).length).toBeGreaterThan(0)
  })

  it('introduce an entry that only exports what other files declare in a comment of the module', () => {
    for (const entry of sources.filter((name) => name.endsWith('/index.ts'))) {
      const comment = read(entry).split('*/')[0] ?? ''
      expect(comment.startsWith('/**'), entry).toBe(true)
      expect(comment).toContain('@example')
      expect(comment.trimEnd().endsWith('@module'), entry).toBe(true)
    }
  })
})
