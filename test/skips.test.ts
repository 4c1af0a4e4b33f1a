import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const modifiers = new Set(['skip', 'skipIf', 'runIf', 'todo', 'only', 'fails'])

/** Where a test file leaves tests out, other than for a service that does not run on this machine. */
function leftOut(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true)
  const available = /^\(?await available\('[\w-]+'\)\)?$/
  const services = new Set<string>()
  const found: string[] = []

  function visit(node: ts.Node): void {
    if (ts.isVariableDeclaration(node) && node.initializer && available.test(node.initializer.getText())) {
      services.add(node.name.getText())
    }
    if (ts.isPropertyAccessExpression(node) && modifiers.has(node.name.text) && isTestFunction(node.expression)) {
      const call = ts.isCallExpression(node.parent) && node.parent.expression === node ? node.parent : undefined
      const condition = /^!(.+)$/s.exec(call?.arguments[0]?.getText() ?? '')?.[1] ?? ''
      const forService = node.name.text === 'skipIf' && (services.has(condition) || available.test(condition))
      if (!forService) {
        found.push(`${name}:${source.getLineAndCharacterOfPosition(node.name.getStart()).line + 1} ${node.name.text}`)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** `it`, `test`, `describe`, what hangs on them (`it.each`), and the context that a test gets. */
function isTestFunction(expression: ts.Expression): boolean {
  let base = expression
  while (ts.isPropertyAccessExpression(base) || ts.isCallExpression(base)) base = base.expression
  return ts.isIdentifier(base) && ['it', 'test', 'describe', 'suite', 'context', 'ctx'].includes(base.text)
}

describe('the tests', () => {
  const files = globSync('test/**/*.ts', { cwd: root, exclude: (name) => name.includes('node_modules') })

  it('leave nothing out but for a service that does not run here', () => {
    expect(files.length).toBeGreaterThan(200)
    expect(files.flatMap((name) => leftOut(name, readFileSync(join(root, name), 'utf8')))).toEqual([])
  })

  it.each([
    ["describe.skipIf(!(await available('redis')))('a', () => {})", []],
    ["const redis = await available('redis')\nit.skipIf(!redis)('a', () => {})", []],
    ["const file = existsSync('x')\nit.skipIf(!file)('a', () => {})", ['a.ts:2 skipIf']],
    ["it.skip('a', () => {})", ['a.ts:1 skip']],
    ["it.each([1]).skip('a', () => {})", ['a.ts:1 skip']],
    ["it.runIf(existsSync('x'))('a', () => {})", ['a.ts:1 runIf']],
    ["test.todo('a')", ['a.ts:1 todo']],
    ["describe.only('a', () => {})", ['a.ts:1 only']],
    ["it('a', (context) => context.skip())", ['a.ts:1 skip']],
    ['stream.skip(3)', []],
  ])('%s is judged', (text, expected) => {
    expect(leftOut('a.ts', text)).toEqual(expected)
  })
})
