import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../src', import.meta.url))

interface Rule {
  /** Folders (`oauth`) or files (`vault/vault.ts`) whose values may be imported. */
  readonly values: readonly string[]
  /** The same for types only. */
  readonly types?: readonly string[]
  readonly packages?: Readonly<Record<string, 'anywhere' | readonly string[]>>
  readonly typePackages?: readonly string[]
}

const shared = ['internal', 'errors.ts'] as const
const rules: Readonly<Record<string, Rule>> = {
  internal: { values: ['internal'], packages: { 'p-retry': ['internal/retry.ts'] } },
  'errors.ts': { values: [] },
  oauth: { values: ['oauth', ...shared], packages: { oauth4webapi: 'anywhere', jose: 'anywhere' } },
  vault: { values: ['vault', ...shared], packages: { jose: 'anywhere' } },
  stores: {
    values: ['stores', ...shared],
    packages: { kysely: ['stores/sql.ts', 'stores/sql/'], 'node:sqlite': ['stores/sqlite.ts'] },
  },
  limits: {
    values: ['limits', ...shared],
    packages: { bottleneck: ['limits/shared/cluster.ts'] },
  },
  connections: {
    values: ['connections', 'oauth', ...shared],
    types: ['vault/vault.ts', 'stores/store.ts'],
  },
  spotify: { values: ['spotify', 'limits', ...shared], packages: { zod: 'anywhere' } },
  http: {
    values: ['http', ...shared],
    types: ['connections'],
    packages: { 'node:http': ['http/node.ts'], 'node:stream': ['http/node.ts'] },
    typePackages: ['express', 'fastify', 'hono', 'next', 'node:http'],
  },
  telemetry: {
    values: ['telemetry'],
    types: [
      'connections/events/events.ts',
      'limits/limiter.ts',
      'spotify/events.ts',
      'stagedoor.ts',
      'vault/vault.ts',
      'vault/kms.ts',
    ],
    packages: { '@opentelemetry/api': 'anywhere' },
  },
  testing: {
    values: ['testing', ...shared],
    types: ['stores/store.ts', 'vault/kms.ts', 'limits/limiter.ts'],
    packages: { msw: ['testing/msw.ts'], 'node:http': ['testing/server.ts'], 'node:net': ['testing/server.ts'] },
  },
}
const everything = ['connections', 'http', 'internal', 'limits', 'oauth', 'spotify', 'stores', 'vault']
const adapters = ['http/express.ts', 'http/fastify.ts', 'http/hono.ts', 'http/next.ts', 'http/node.ts']
const composition = new Set(['stagedoor.ts', 'index.ts', 'config.ts', 'stagedoor'])

interface Import {
  readonly file: string
  readonly target: string
  readonly typeOnly: boolean
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
  const found: Import[] = []
  const add = (node: ts.Expression | undefined, typeOnly: boolean): void => {
    if (node !== undefined && ts.isStringLiteralLike(node)) found.push({ file, target: node.text, typeOnly })
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
      add(node.arguments[0], false)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal as ts.Expression, true)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const folderOf = (file: string): string => file.split('/')[0] as string
const within = (file: string, places: readonly string[]): boolean =>
  places.some((place) => file === place || file.startsWith(`${place}/`))

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function complaint({ file, target, typeOnly }: Import): string | undefined {
  const folder = folderOf(file)
  if (folder === 'cli') return undefined
  const relativeTarget = target.startsWith('.')
    ? relative(root, resolve(root, dirname(file), target))
        .split('\\')
        .join('/')
    : undefined
  if (composition.has(folder)) {
    if (relativeTarget === undefined) return `${file} imports the package ${target}`
    const allowed = [...everything, 'errors.ts', 'stagedoor.ts', 'config.ts', 'stagedoor']
    if (adapters.includes(relativeTarget) || !within(relativeTarget, allowed))
      return `${file} imports ${relativeTarget}`
    return undefined
  }
  const rule = rules[folder]
  if (rule === undefined) return `${file} lies in a folder that the import table does not know`
  if (relativeTarget !== undefined) {
    if (within(relativeTarget, rule.values)) return undefined
    if (typeOnly && within(relativeTarget, rule.types ?? [])) return undefined
    return `${file} imports ${relativeTarget}`
  }
  const name = packageName(target)
  if (typeOnly && rule.typePackages?.includes(name)) return undefined
  const places = rule.packages?.[name]
  if (places === 'anywhere' || places?.some((place) => file.startsWith(place))) return undefined
  return `${file} imports the package ${target}`
}

/** Every source file that loading `entry` loads, dynamic imports left out unless asked for. */
function reach(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const { target, typeOnly } of importsOf(entry)) {
    if (!typeOnly && target.startsWith('.')) reach(posix.join(posix.dirname(entry), target), seen)
    else if (!typeOnly) seen.add(target)
  }
  return seen
}

describe('the import table', () => {
  const all = files.flatMap((file) => importsOf(file.split('\\').join('/')))

  it('finds the imports at all', () => {
    expect(all.length).toBeGreaterThan(50)
  })

  it('is obeyed by every import', () => {
    expect(all.map(complaint).filter((text) => text !== undefined)).toEqual([])
  })

  it('notices a leaf that imports another leaf, a package in the wrong file, and an unknown folder', () => {
    const bad = (file: string, target: string, typeOnly = false) => complaint({ file, target, typeOnly })
    expect(bad('oauth/oauth.ts', '../vault/vault.ts', true)).toBeDefined()
    expect(bad('stores/redis.ts', 'kysely')).toBeDefined()
    expect(bad('connections/refresh/refresh.ts', '../../vault/vault.ts')).toBeDefined()
    expect(bad('connections/refresh/refresh.ts', '../../vault/vault.ts', true)).toBeUndefined()
    expect(bad('limits/adaptive/adaptive-limiter.ts', 'bottleneck')).toBeDefined()
    expect(bad('index.ts', './http/express.ts')).toBeDefined()
    expect(bad('index.ts', './testing/index.ts', true)).toBeDefined()
    expect(bad('utils/strings.ts', '../errors.ts')).toBeDefined()
  })

  it('keeps node: modules out of the entries that promise to run everywhere', () => {
    const free = [
      'index.ts',
      'oauth/index.ts',
      'vault/index.ts',
      'spotify/index.ts',
      'http/hono.ts',
      'http/next.ts',
      'vault/kms/aws.ts',
      'vault/kms/gcp.ts',
      'vault/kms/azure.ts',
      'vault/kms/vault-transit.ts',
      'stores/sql.ts',
      'stores/redis.ts',
      'testing/index.ts',
      'testing/msw.ts',
    ]
    const guilty = free.flatMap((entry) =>
      [...reach(entry)].filter((name) => name.startsWith('node:')).map((name) => `${entry} → ${name}`),
    )
    expect(guilty).toEqual([])
  })

  it('keeps every source file between a noun and a room: at most 250 lines', () => {
    const long = files
      .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > 250)
    expect(long).toEqual([])
  })

  it('has no default export and no environment, log or timer at import time', () => {
    const offending = files.filter((file) => {
      if (file.startsWith('cli')) return false
      const text = readFileSync(join(root, file), 'utf8')
      return /^export default /m.test(text) || /process\.env|console\.|Math\.random/.test(text)
    })
    expect(offending).toEqual([])
  })
})
