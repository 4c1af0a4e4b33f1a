import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build, type Metafile } from 'esbuild'
import { budgets } from '../../scripts/budgets.ts'
import { entries } from '../../scripts/entries.ts'
import { median } from '../lib/measure.ts'
import type { Context, Row } from '../lib/rows.ts'

export const about =
  'Time to import each entry in a fresh process, the processes by turns, less an empty one; and bytes of each entry, minified and gzipped.'

const execute = promisify(execFile)
const root = new URL('../../', import.meta.url)
const peers = ['@spotify/web-api-ts-sdk', 'spotify-web-api-node', 'openid-client', 'better-auth']
const rounds = 9

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const ours = entries.map(({ name, output }) => [name, new URL(output, root).href] as const)
  const wanted = new Map<string, string>([...ours, ...peers.map((name) => [name, resolved(name)] as const)])
  note('import times')
  const times = new Map<string, number[]>()
  for (let round = -1; round < rounds; round++) {
    for (const [name, url] of [['(empty process)', ''] as const, ...wanted]) {
      const time = await importTime(url)
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), time])
    }
  }
  const of = (name: string): number => median(times.get(name) ?? [])
  const slow = of('spotify-web-api-node')
  for (const name of times.keys()) {
    const own = name === 'stagedoor'
    const ratio = of(name) / slow
    yield {
      bench: 'start',
      case: 'import',
      subject: own ? 'ours: stagedoor' : name.startsWith('stagedoor') ? `ours: ${name}` : name,
      value: of(name),
      unit: 'ms',
      ...(own ? { target: '≤ 0.5 × spotify-web-api-node', pass: ratio <= 0.5 } : {}),
    }
  }
  note('sizes')
  for (const [name, url] of wanted) yield* sizes(name, url)
}

function resolved(name: string): string {
  return createRequire(import.meta.url).resolve(name)
}

async function importTime(url: string): Promise<number> {
  const script =
    url === ''
      ? 'const s=performance.now();console.log(performance.now()-s)'
      : `const s=performance.now();await import(${JSON.stringify(url)});console.log(performance.now()-s)`
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script])
  return Number(stdout)
}

/** Bytes that an entry loads at import, and separately bytes that it loads at first use. */
async function* sizes(name: string, url: string): AsyncGenerator<Row> {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  const own = name.startsWith('stagedoor')
  const subject = own ? `ours: ${name}` : name
  const row = (what: string, bytes: number, budget?: number): Row => ({
    bench: 'start',
    case: what,
    subject,
    value: bytes / 1024,
    unit: 'KB gzip',
    ...(budget === undefined ? {} : { target: `≤ ${(budget / 1024).toPrecision(3)} KB`, pass: bytes <= budget }),
  })
  const external = [
    ...builtinModules,
    'node:*',
    'kysely',
    'msw',
    'next',
    'hono',
    'express',
    'fastify',
    '@opentelemetry/api',
    'encoding',
    'undici',
  ]
  const options = {
    entryPoints: [path],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    metafile: true,
    splitting: true,
    outdir: '/out',
    logLevel: 'silent',
  } as const
  const whole = await build({ ...options, external })
  const { first, later } = loads(whole.metafile)
  const gzip = (files: ReadonlySet<string>): number =>
    whole.outputFiles
      .filter((file) => [...files].some((each) => file.path.endsWith(each.replace(/^.*\/out\//, ''))))
      .reduce((sum, file) => sum + gzipSync(file.contents).length, 0)
  const subpath = entries.find((entry) => entry.name === name)?.subpath ?? ''
  yield row('size with dependencies', gzip(first), budgets.get(subpath)?.first)
  if (!own) return
  if (name === 'stagedoor') yield row('size of what is loaded at first use (schemas, login)', gzip(later))
  const alone = await build({ ...options, external: [...external, ...Object.keys(dependencies())] })
  yield row(
    'size without dependencies',
    alone.outputFiles
      .filter((file) =>
        [...loads(alone.metafile).first].some((each) => file.path.endsWith(each.replace(/^.*\/out\//, ''))),
      )
      .reduce((sum, file) => sum + gzipSync(file.contents).length, 0),
  )
}

function dependencies(): Record<string, string> {
  return (JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { dependencies: Record<string, string> })
    .dependencies
}

/** Which outputs an entry loads by static imports, and which only by dynamic ones. */
function loads(metafile: Metafile): { first: Set<string>; later: Set<string> } {
  const { outputs } = metafile
  const first = new Set<string>()
  const later = new Set<string>()
  const visit = (file: string, into: Set<string>): void => {
    if (first.has(file) || into.has(file)) return
    into.add(file)
    for (const { path, kind } of outputs[file]?.imports ?? []) {
      if (outputs[path] !== undefined) visit(path, kind === 'dynamic-import' && into === first ? later : into)
    }
  }
  for (const [file, output] of Object.entries(outputs))
    if (output.entryPoint !== undefined && !isDynamic(outputs, file)) visit(file, first)
  return { first, later }
}

function isDynamic(outputs: Metafile['outputs'], file: string): boolean {
  return Object.values(outputs).some(({ imports }) =>
    imports.some((each) => each.path === file && each.kind === 'dynamic-import'),
  )
}
