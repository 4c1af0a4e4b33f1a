import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The folder of the sources. */
export const src = fileURLToPath(new URL('../../../src', import.meta.url))

/** Every source file, by its path below `src`. */
export const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split('\\').join('/'))
  .sort()

/** One import, export-from, `import()` or `import()` type. */
export interface Import {
  readonly file: string
  /** A path below `src`, or the specifier of a package. */
  readonly target: string
  readonly local: boolean
  readonly typeOnly: boolean
  readonly dynamic: boolean
}

export function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(join(src, file), 'utf8'), ts.ScriptTarget.Latest, true)
  const found: Import[] = []
  const add = (node: ts.Expression | undefined, typeOnly: boolean, dynamic = false): void => {
    if (node === undefined || !ts.isStringLiteralLike(node)) return
    const local = node.text.startsWith('.')
    const target = local ? posix.join(dirname(file), node.text) : node.text
    found.push({ file, target, local, typeOnly, dynamic })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const bindings = node.importClause?.namedBindings
      const named = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements : undefined
      const allTypes = named !== undefined && named.length > 0 && named.every((element) => element.isTypeOnly)
      add(node.moduleSpecifier, node.importClause?.isTypeOnly === true || (allTypes && !node.importClause?.name))
    } else if (ts.isExportDeclaration(node)) {
      const clause = node.exportClause
      const named = clause !== undefined && ts.isNamedExports(clause) ? clause.elements : undefined
      add(node.moduleSpecifier, node.isTypeOnly || (named?.every((element) => element.isTypeOnly) ?? false))
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false, true)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal as ts.Expression, true)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

export const imports: readonly Import[] = files.flatMap(importsOf)

/** Groups of nodes that reach each other: the cycles of a graph. */
export function cycles(edges: ReadonlyMap<string, Iterable<string>>): string[][] {
  const reach = (start: string): Set<string> => {
    const seen = new Set<string>()
    const queue = [start]
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      for (const next of edges.get(node) ?? []) {
        if (seen.has(next)) continue
        seen.add(next)
        queue.push(next)
      }
    }
    return seen
  }
  const reached = new Map([...edges.keys()].map((node) => [node, reach(node)]))
  const found = new Map<string, string[]>()
  for (const [node, seen] of reached) {
    if (!seen.has(node)) continue
    const members = [...seen].filter((other) => reached.get(other)?.has(node)).sort()
    found.set(members.join(' '), members)
  }
  return [...found.values()]
}

/** The graph of the imports that pass `wanted`, from file to file. */
export function graph(all: readonly Import[], wanted: (entry: Import) => boolean): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>()
  for (const entry of all) {
    if (!entry.local || !wanted(entry)) continue
    edges.set(entry.file, (edges.get(entry.file) ?? new Set()).add(entry.target))
  }
  return edges
}

/**
 * The graph of one folder's rooms: its files and its subfolders. `a/b/c.ts` is the room `b/` of the folder `a`.
 */
export function rooms(all: readonly Import[], folder: string): Map<string, Set<string>> {
  const room = (file: string): string | undefined => {
    if (folder !== '' && !file.startsWith(`${folder}/`)) return undefined
    const [first = '', ...rest] = file.slice(folder === '' ? 0 : folder.length + 1).split('/')
    return rest.length === 0 ? first : `${first}/`
  }
  const edges = new Map<string, Set<string>>()
  for (const { file, target, local } of all) {
    const [from, to] = local ? [room(file), room(target)] : []
    if (from === undefined || to === undefined || from === to) continue
    edges.set(from, (edges.get(from) ?? new Set()).add(to))
  }
  return edges
}
