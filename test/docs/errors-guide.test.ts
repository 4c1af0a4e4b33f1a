import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { guides, pathOf, renewed } from '../../scripts/errors-guide.ts'

const guide = readFileSync(new URL('../../docs/guides/errors.md', import.meta.url), 'utf8')

/** Every code that `src/error-codes.ts` declares, read from its text. */
function declaredCodes(): string[] {
  const url = new URL('../../src/error-codes.ts', import.meta.url)
  const source = ts.createSourceFile('errors.ts', readFileSync(url, 'utf8'), ts.ScriptTarget.Latest)
  return source.statements.flatMap((statement) => {
    if (!ts.isTypeAliasDeclaration(statement) || !statement.name.text.endsWith('ErrorCode')) return []
    const members = ts.isUnionTypeNode(statement.type) ? statement.type.types : [statement.type]
    return members.flatMap((type) =>
      ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? type.literal.text : [],
    )
  })
}

describe('the guide to errors', () => {
  it('lists for every code who must act and what to do', () => {
    const codes = declaredCodes()
    expect(codes.length).toBeGreaterThan(50)
    const rows = guide
      .split('\n')
      .flatMap((line) => /^\| `([A-Z_]+)` \| (.+) \| (.+) \| (.+) \| (?:yes|no) \|$/.exec(line)?.[1] ?? [])
    expect(rows.toSorted()).toEqual(codes.toSorted())
  })
})

describe.each(guides)('the guide %s', (name) => {
  it('is the output of its generator', () => {
    const text = readFileSync(pathOf(name), 'utf8')
    expect(renewed(name, text)).toBe(text)
  })
})
