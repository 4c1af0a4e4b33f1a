import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../src', import.meta.url))
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((name) => name.split('\\').join('/'))
  .filter((name) => name.endsWith('.ts'))
const program = ts.createProgram(
  files.map((file) => join(root, file)),
  { allowImportingTsExtensions: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ESNext, types: [] },
)
const checker = program.getTypeChecker()
const sources = files.map((file) => {
  const source = program.getSourceFile(join(root, file))
  if (source === undefined) throw new Error(`${file} is not in the program`)
  return { file, folder: file.split('/').slice(0, -1)[0] ?? '.', source }
})

function* nodes(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => void children.push(child))
  for (const child of children) yield* nodes(child)
}

/** `10_000`, `2 ** 24` and `'keep'` as they are compared; `undefined` for what is no plain value. */
function plain(text: string): string | undefined {
  const bare = text.replace(/(?<=\d)_(?=\d)/g, '')
  return /^(\d+(\.\d+)?( \*\* \d+)?|'[^']*'|true|false)$/.test(bare) ? bare : undefined
}

/** Left out and given as this, an option is off either way. */
const off = new Set(['0', "''", 'false'])

/** Whether a property is one of an interface whose name says that it holds options. */
function isOption(node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isInterfaceDeclaration(at)) return /(Options|Limits)$/.test(at.name.text)
  }
  return false
}

interface Option {
  readonly where: string
  readonly folder: string
  readonly name: string
  readonly comment: string
  readonly value: string | undefined
}

/** Every optional property with a comment, in the option interfaces of `src`. */
const options: Option[] = sources.flatMap(({ file, folder, source }) =>
  [...nodes(source)].filter(ts.isPropertySignature).flatMap((property) => {
    if (property.questionToken === undefined || !isOption(property)) return []
    const name = property.name.getText(source)
    const comment = source.text.slice(property.pos, property.getStart(source))
    const documented = /@default ([^\n]*?)(?: *\*\/|\n)/.exec(comment)?.[1]?.split(/, or |: /)[0]
    return [{ where: `${file}: ${name}`, folder, name, comment, value: plain(documented ?? '') }]
  }),
)

/** The defaults of parameters, which bear another name than the option. */
const parameters = new Set(
  sources.flatMap(({ folder, source }) =>
    [...nodes(source)]
      .filter(ts.isParameter)
      .map(({ initializer }) => `${folder} ${initializer && plain(initializer.getText(source))}`),
  ),
)

/** What the code takes where an option is left out: `{ name = 5 }` and `options.name ?? 5`, `positive(options.name, 5)`, exported constants resolved. */
const constants = new Map(
  sources.flatMap(({ source }) =>
    source.statements.filter(ts.isVariableStatement).flatMap(({ declarationList, modifiers }) =>
      (modifiers === undefined ? [] : declarationList.declarations).flatMap(({ name, initializer }) => {
        const value = initializer && plain(initializer.getText(source))
        return !value ? [] : [[name.getText(source), value] as const]
      }),
    ),
  ),
)
function fallback(node: ts.Node): readonly [name: ts.Node, value: ts.Expression] | undefined {
  if (ts.isBindingElement(node) && node.initializer) return [node.propertyName ?? node.name, node.initializer]
  const [left, right] =
    ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken
      ? [node.left, node.right]
      : ts.isCallExpression(node) && node.expression.getText() === 'positive'
        ? node.arguments
        : []
  return left && right && ts.isPropertyAccessExpression(left) ? [left.name, right] : undefined
}
const taken = sources.flatMap(({ file, folder, source }) =>
  [...nodes(source)].flatMap((node) => {
    const [key, expression] = fallback(node) ?? []
    if (key === undefined || expression === undefined) return []
    const name = key.getText(source)
    const text = expression.getText(source)
    const whole = plain(constants.get(text) ?? text)
    // Of a longer expression, each literal in it.
    const parts = [...nodes(expression)].filter(ts.isLiteralExpression).map((literal) => plain(literal.getText(source)))
    const values = whole === undefined ? parts : [whole]
    return values.map((value) => ({ where: `${file}: ${name}`, folder, name, value, whole: whole !== undefined }))
  }),
)
const of = (
  list: readonly { folder: string; name: string; value: string | undefined }[],
  folder: string,
  name: string,
) => list.flatMap((each) => (each.folder === folder && each.name === name ? [each.value] : []))

describe('the options', () => {
  it('are found at all, with the values that the code takes', () => {
    expect(options.length).toBeGreaterThan(100)
    expect(of(options, 'spotify', 'retries')).toContain('2')
    expect(of(taken, 'spotify', 'retries')).toContain('2')
    expect(of(taken, 'limits', 'guard')).toContain('50')
  })

  it('document no default that the code does not take', () => {
    const wrong = options.filter(({ folder, name, value }) => {
      const values = of(taken, folder, name)
      return value !== undefined && ![...off, ...values].includes(value) && !parameters.has(`${folder} ${value}`)
    })
    expect(wrong.map(({ where, value }) => `${where} is not ${value}`)).toEqual([])
  })

  it('name the default that the code takes, wherever an option of that name is documented', () => {
    const silent = taken.filter(({ folder, name, value, whole }) => {
      const documented = of(options, folder, name)
      return whole && value !== undefined && !off.has(value) && documented.length > 0 && !documented.includes(value)
    })
    expect(silent.map(({ where, value }) => `${where} is ${value}`)).toEqual([])
  })

  it('name it as @default, so that an editor and this test can read it', () => {
    expect(options.filter(({ comment }) => /(?<!@)\bdefault [`\d]/i.test(comment)).map(({ where }) => where)).toEqual(
      [],
    )
  })

  it('are declared once: nothing repeats an option of an interface that it extends', () => {
    const repeated = sources.flatMap(({ file, source }) =>
      [...nodes(source)].filter(ts.isInterfaceDeclaration).flatMap((declared) => {
        const bases = (declared.heritageClauses ?? []).flatMap(({ types }) => [...types])
        const inherited = new Set(
          bases.flatMap((base) => checker.getTypeAtLocation(base).getProperties()).map((p) => p.name),
        )
        const own = declared.members.flatMap((member) =>
          member.name === undefined ? [] : [member.name.getText(source)],
        )
        return own.filter((name) => inherited.has(name)).map((name) => `${file}: ${declared.name.text}.${name}`)
      }),
    )
    expect(repeated).toEqual([])
  })

  it('have one interface of each name', () => {
    const names = sources.flatMap(({ source }) =>
      [...nodes(source)].filter(ts.isInterfaceDeclaration).map(({ name }) => name.text),
    )
    const exported = names.filter((name) => name.endsWith('Options'))
    expect(exported.filter((name, index) => exported.indexOf(name) !== index)).toEqual([])
  })
})
