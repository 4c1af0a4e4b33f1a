import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { type OperationData, operations } from '../../../src/spotify/index.ts'

const folder = new URL('../../../src/spotify/endpoints/', import.meta.url)

/** The methods of the client's groups, and the text of their deprecation. */
function methods(): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  for (const name of readdirSync(folder)) {
    const source = ts.createSourceFile(name, readFileSync(new URL(name, folder), 'utf8'), ts.ScriptTarget.Latest, true)
    for (const statement of source.statements) {
      if (!ts.isInterfaceDeclaration(statement)) continue
      const group = statement.name.text.replace(/^./, (first) => first.toLowerCase())
      for (const member of statement.members) {
        if (!ts.isMethodSignature(member)) continue
        const comment = ts.getTextOfJSDocComment(ts.getJSDocDeprecatedTag(member)?.comment)
        found.set(`${group}.${member.name.getText()}`, comment)
      }
    }
  }
  return found
}

it('every method that only a removed operation serves is marked as deprecated, with what to use instead', () => {
  const all = Object.values<OperationData>(operations)
  for (const [method, comment] of methods()) {
    const serving = all.filter(({ by }) => by.includes(method))
    const removed = serving.length > 0 && serving.every(({ availability }) => availability !== 'current')
    expect(comment !== undefined, `${method} is deprecated`).toBe(removed)
    if (comment === undefined) continue
    expect(comment).toMatch(/^Removed in (November 2024|February 2026)/)
    const own = serving
      .find(({ replacement }) => replacement !== undefined)
      ?.replacement?.split('.')
      .at(-1)
    expect(comment).toMatch(own === undefined ? /There is no replacement/ : new RegExp(`Use \`(\\w+\\.)?${own}\``))
  }
})
