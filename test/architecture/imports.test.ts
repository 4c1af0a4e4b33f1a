import { describe, expect, it } from 'vitest'
import { entries } from '../../scripts/entries.ts'
import { cycles, files, graph, type Import, imports, importsOf, rooms } from './support/imports.ts'

interface Rule {
  /** Folders (`oauth`) or files (`vault/vault.ts`) whose values may be imported. */
  readonly values: readonly string[]
  /** The same for types only. */
  readonly types?: readonly string[]
  /** Packages, with the files or folders that may import their values. */
  readonly packages?: Readonly<Record<string, 'anywhere' | readonly string[]>>
  /** Packages whose types may be imported. */
  readonly typePackages?: readonly string[]
}

const shared = ['internal', 'errors.ts'] as const
/** One rule per folder of `src`, or per file beside them. Every folder may import from itself. */
const table: Readonly<Record<string, Rule>> = {
  internal: { values: [], packages: { 'p-retry': ['internal/retry.ts'] } },
  'error-codes.ts': { values: [] },
  'errors.ts': { values: [], types: ['error-codes.ts'] },
  'error-catalogue': { values: [], types: ['error-codes.ts'] },
  oauth: { values: shared, packages: { oauth4webapi: 'anywhere', jose: 'anywhere' } },
  vault: { values: shared },
  stores: {
    values: shared,
    packages: { kysely: ['stores/relational/kysely.ts', 'stores/sql.ts'], 'node:sqlite': ['stores/sqlite.ts'] },
  },
  limits: { values: shared, packages: { bottleneck: ['limits/shared/cluster.ts'] } },
  connections: { values: ['oauth', ...shared], types: ['vault/vault.ts', 'stores/store.ts'] },
  spotify: {
    values: ['limits', ...shared],
    types: ['oauth/providers/spotify-scopes.ts'],
    packages: { zod: ['spotify/schemas/zod.ts'] },
  },
  http: {
    values: ['error-catalogue', ...shared],
    types: ['connections'],
    typePackages: ['express', 'fastify', 'hono', 'next', 'node:http'],
  },
  telemetry: {
    values: [],
    types: [
      'connections/events',
      'limits/limiter.ts',
      'spotify/events.ts',
      'stagedoor.ts',
      'vault/vault.ts',
      'vault/kms.ts',
    ],
    packages: { '@opentelemetry/api': 'anywhere' },
  },
  testing: {
    values: shared,
    types: ['stores/store.ts', 'vault/kms.ts', 'limits/limiter.ts'],
    packages: { msw: ['testing/msw.ts'], 'node:http': ['testing/server.ts'], 'node:net': ['testing/server.ts'] },
  },
  cli: {
    values: ['connections', 'error-catalogue', 'oauth', 'testing/server.ts', 'config.ts', 'stagedoor.ts', ...shared],
    types: ['stores/store.ts', 'vault'],
    packages: {
      commander: ['cli/program.ts'],
      '@clack/prompts': ['cli/progress.ts'],
      'node:fs': 'anywhere',
      'node:fs/promises': 'anywhere',
      'node:http': ['cli/callback-server.ts'],
      'node:path': 'anywhere',
      'node:url': 'anywhere',
      'node:util': 'anywhere',
    },
  },
  'config.ts': { values: ['oauth', 'internal', 'errors.ts'], types: ['connections/options.ts', 'spotify/options.ts'] },
  'stagedoor.ts': {
    values: ['config.ts', 'connections', 'http/handler.ts', 'limits', 'oauth', 'spotify', 'internal'],
  },
  'index.ts': {
    values: [
      'stagedoor.ts',
      'config.ts',
      'connections',
      'limits',
      'oauth',
      'spotify',
      'stores/memory.ts',
      'vault',
      'internal',
      'errors.ts',
    ],
    types: ['http/handler.ts', 'stores/state-store.ts', 'stores/store.ts'],
  },
}

const ownerOf = (file: string): string => file.split('/')[0] as string
const within = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`)

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The allowance that permits an import, such as `oauth values internal`; `undefined` if none does. */
function allowance({ file, target, local, typeOnly }: Import): string | undefined {
  const owner = ownerOf(file)
  const rule = table[owner]
  if (rule === undefined) return undefined
  if (local) {
    if (within(target, owner)) return 'itself'
    const value = rule.values.find((place) => within(target, place))
    if (value !== undefined) return `${owner} values ${value}`
    const type = typeOnly ? rule.types?.find((place) => within(target, place)) : undefined
    return type === undefined ? undefined : `${owner} types ${type}`
  }
  const name = packageName(target)
  if (typeOnly && rule.typePackages?.includes(name)) return `${owner} typePackages ${name}`
  const places = rule.packages?.[name]
  if (places === 'anywhere') return `${owner} packages ${name}`
  const place = places?.find((path) => within(file, path))
  return place === undefined ? undefined : `${owner} packages ${name} ${place}`
}

const allowances = Object.entries(table).flatMap(
  ([owner, { values, types = [], packages = {}, typePackages = [] }]) => [
    ...values.map((place) => `${owner} values ${place}`),
    ...types.map((place) => `${owner} types ${place}`),
    ...typePackages.map((name) => `${owner} typePackages ${name}`),
    ...Object.entries(packages).flatMap(([name, places]) =>
      places === 'anywhere'
        ? [`${owner} packages ${name}`]
        : places.map((place) => `${owner} packages ${name} ${place}`),
    ),
  ],
)

const example = (file: string, target: string, typeOnly = false): Import => ({
  file,
  target,
  typeOnly,
  local: target.endsWith('.ts'),
  dynamic: false,
})

describe('the import table', () => {
  it('finds the imports at all', () => {
    expect(imports.length).toBeGreaterThan(500)
    expect(files).toContain('cli/main.ts')
  })

  it('is obeyed by every import, the command line included', () => {
    const refused = imports.filter((entry) => allowance(entry) === undefined)
    expect(refused.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
  })

  it('has no allowance that nothing uses', () => {
    const used = new Set(imports.map(allowance))
    expect(allowances.filter((entry) => !used.has(entry))).toEqual([])
  })

  it('notices a leaf that imports another leaf, a package in the wrong file, and an unknown folder', () => {
    const refused = (...entry: Parameters<typeof example>) => allowance(example(...entry)) === undefined
    expect(refused('oauth/oauth.ts', 'vault/vault.ts', true)).toBe(true)
    expect(refused('stores/redis.ts', 'kysely')).toBe(true)
    expect(refused('connections/refresh/refresh.ts', 'vault/vault.ts')).toBe(true)
    expect(refused('connections/refresh/refresh.ts', 'vault/vault.ts', true)).toBe(false)
    expect(refused('limits/adaptive/adaptive-limiter.ts', 'bottleneck')).toBe(true)
    expect(refused('index.ts', 'http/express.ts')).toBe(true)
    expect(refused('index.ts', 'testing/index.ts', true)).toBe(true)
    expect(refused('cli/main.ts', 'http/node.ts')).toBe(true)
    expect(refused('http/handler.ts', 'cli/output.ts', true)).toBe(true)
    expect(refused('utils/strings.ts', 'errors.ts')).toBe(true)
  })

  it('keeps node: modules out of the entries that promise to run everywhere', () => {
    const free = entries.filter(({ runsEverywhere }) => runsEverywhere).map(({ source }) => source.slice('src/'.length))
    expect(free.length).toBeGreaterThan(10)
    const guilty = free.flatMap((entry) =>
      [...reach(entry)].filter((name) => name.startsWith('node:')).map((name) => `${entry} → ${name}`),
    )
    expect(guilty).toEqual([])
  })
})

/** Everything that loading `entry` loads. */
function reach(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen
  seen.add(entry)
  for (const { target, local, typeOnly } of importsOf(entry)) {
    if (typeOnly) continue
    if (local) reach(target, seen)
    else seen.add(target)
  }
  return seen
}

describe('the graph of imports', () => {
  const folders = [...new Set(files.flatMap((file) => parents(file)))]

  it('has no cycle of values', () => {
    expect(cycles(graph(imports, ({ typeOnly }) => !typeOnly))).toEqual([])
  })

  it('has no cycle of types that leaves a folder', () => {
    const folderOf = (file: string) => parents(file)[0]
    const found = cycles(graph(imports, () => true))
    expect(found.filter((members) => new Set(members.map(folderOf)).size > 1)).toEqual([])
  })

  it.each(folders)('has no cycle through a subfolder of "%s"', (folder) => {
    const found = cycles(rooms(imports, folder))
    expect(found.filter((members) => members.some((room) => room.endsWith('/')))).toEqual([])
  })

  it('would notice each of these', () => {
    const back = [example('a/one.ts', 'a/b/two.ts', true), example('a/b/two.ts', 'a/one.ts')]
    expect(cycles(graph(back, ({ typeOnly }) => !typeOnly))).toEqual([])
    expect(cycles(graph(back, () => true))).toEqual([['a/b/two.ts', 'a/one.ts']])
    expect(cycles(rooms(back, 'a'))).toEqual([['b/', 'one.ts']])
    expect(cycles(rooms(back, ''))).toEqual([])
    const through = [example('a/one.ts', 'b/one.ts'), example('b/two.ts', 'a/two.ts')]
    expect(cycles(graph(through, () => true))).toEqual([])
    expect(cycles(rooms(through, ''))).toEqual([['a/', 'b/']])
  })
})

/** The folders that a file is in, the nearest first, `''` last. */
function parents(file: string): string[] {
  const names = file.split('/').slice(0, -1)
  return [...names.map((_, index) => names.slice(0, names.length - index).join('/')), '']
}
