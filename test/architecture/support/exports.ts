import { posix } from 'node:path'
import ts from 'typescript'

/** Sources by their paths. */
export type Sources = ReadonlyMap<string, string>

interface Module {
  /** What the file itself declares and exports. */
  readonly declared: readonly string[]
  /** What it exports from other files: the name here, `*` for all, and the name there. */
  readonly passedOn: readonly { readonly name: string; readonly target: string; readonly original: string }[]
  readonly imported: readonly { readonly target: string; readonly name: string }[]
  /** Files imported as a whole, by `import()` or `import *`. */
  readonly whole: readonly string[]
  readonly mentioned: ReadonlySet<string>
}

/** The exports that no other file imports and no entry exports, as `file name`. */
export function unusedExports(sources: Sources, entries: readonly string[]): string[] {
  const modules = new Map([...sources].map(([file, text]) => [file, read(file, text)]))
  const used = new Set<string>()
  const add = (file: string, name: string): void => {
    const module = modules.get(file)
    if (module === undefined) return
    if (module.declared.includes(name)) used.add(`${file} ${name}`)
    for (const passed of module.passedOn) {
      if (passed.name === name) add(passed.target, passed.original)
      if (passed.name === '*') add(passed.target, name)
    }
  }
  const addAll = (file: string): void => {
    for (const name of modules.get(file)?.declared ?? []) add(file, name)
    for (const { name, target, original } of modules.get(file)?.passedOn ?? []) {
      if (name === '*') addAll(target)
      else add(target, original)
    }
  }
  for (const entry of entries) addAll(entry)
  for (const { imported, whole, mentioned } of modules.values()) {
    for (const { target, name } of imported) add(target, name)
    for (const target of whole) for (const name of mentioned) add(target, name)
  }
  return [...modules]
    .flatMap(([file, { declared }]) => declared.map((name) => `${file} ${name}`))
    .filter((name) => !used.has(name))
    .sort()
}

function read(file: string, text: string): Module {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const declared: string[] = []
  const passedOn: { name: string; target: string; original: string }[] = []
  const imported: { target: string; name: string }[] = []
  const whole: string[] = []
  const mentioned = new Set<string>()
  const targetOf = (node: ts.Node | undefined): string =>
    node !== undefined && ts.isStringLiteralLike(node) ? posix.join(posix.dirname(file), node.text) : ''
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) mentioned.add(node.text)
    else if (ts.isImportDeclaration(node)) {
      const target = targetOf(node.moduleSpecifier)
      const bindings = node.importClause?.namedBindings
      if (bindings !== undefined && ts.isNamedImports(bindings)) {
        for (const { name, propertyName } of bindings.elements)
          imported.push({ target, name: (propertyName ?? name).text })
      } else if (bindings !== undefined) whole.push(target)
    } else if (ts.isExportDeclaration(node)) {
      const names =
        node.exportClause !== undefined && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : []
      const target = targetOf(node.moduleSpecifier)
      for (const { name, propertyName } of names) {
        if (node.moduleSpecifier === undefined) declared.push(name.text)
        else passedOn.push({ name: name.text, target, original: (propertyName ?? name).text })
      }
      if (node.exportClause === undefined) passedOn.push({ name: '*', target, original: '*' })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      whole.push(targetOf(node.arguments[0]))
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      whole.push(targetOf(node.argument.literal))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  for (const statement of source.statements) declared.push(...exportedBy(statement))
  return { declared, passedOn, imported, whole, mentioned }
}

function exportedBy(statement: ts.Statement): string[] {
  if (!ts.canHaveModifiers(statement)) return []
  if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []))
  }
  const { name } = statement as ts.Statement & { readonly name?: ts.Node }
  return name !== undefined && ts.isIdentifier(name) ? [name.text] : []
}
