import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { builtinModules } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import tsup from '../tsup.config.ts'
import { brokenConfigurations } from './cli/broken-configurations.ts'
import { goodEnv, type Installation, Workplace } from './cli/command-line.ts'
import { filesBelow, manifest, PackedPackage, root, subpaths } from './packaging/installation.ts'

let packed: PackedPackage
beforeAll(() => {
  packed = new PackedPackage()
}, 180_000)
afterAll(() => packed?.remove())

/** What only some subpaths need, because the application brings it along. */
const peerOf: Readonly<Record<string, string>> = {
  'stagedoor/stores/sql': 'kysely',
  'stagedoor/testing/msw': 'msw',
  'stagedoor/otel': '@opentelemetry/api',
}
const peers = Object.keys(manifest.peerDependencies)

describe('the packed files', () => {
  const entries = Object.keys((tsup as { entry: Record<string, string> }).entry)

  it('are the documents, the sources, the entries with what they share, the declarations, and nothing else', () => {
    const source = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src'], {
      cwd: root,
      encoding: 'utf8',
    })
    const sources = source.trim().split('\n')
    const rest = packed.files.filter((name) => {
      if (sources.includes(name)) return false
      if (/^dist\/[a-z-]+-[A-Z0-9]{8}\.js(\.map)?$/.test(name)) return false
      const entry = /^dist\/(.+)\.js(\.map)?$/.exec(name)?.[1]
      if (entry !== undefined && entries.includes(entry)) return false
      const declared = /^dist\/(.+)\.d\.ts(\.map)?$/.exec(name)?.[1]
      return declared === undefined || !sources.includes(`src/${declared}.ts`) || declared.startsWith('cli/')
    })
    const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']
    expect(rest.sort()).toEqual([...documents, 'dist/cli/THIRD-PARTY-LICENSES.txt'].sort())
    expect(sources.filter((name) => !packed.files.includes(name))).toEqual([])
  })

  it('hold every file that an export or the command names, and every entry that is built is exported', () => {
    const targets = subpaths.flatMap(({ types, default: target }) => [types, target])
    expect([...targets, './dist/cli/main.js'].filter((target) => !packed.files.includes(target.slice(2)))).toEqual([])
    expect(entries.map((name) => `./dist/${name}.js`).sort()).toEqual(
      [...subpaths.map((entry) => entry.default), './dist/cli/main.js'].sort(),
    )
    const declared = ts.readConfigFile(join(root, 'tsconfig.build.json'), ts.sys.readFile).config.files as string[]
    expect(declared.map((name) => name.replace('src/', './dist/').replace(/\.ts$/, '.d.ts')).sort()).toEqual(
      subpaths.map((entry) => entry.types).sort(),
    )
  })

  it('are the same entries for the reference, the size budgets and the types of this project', () => {
    const json = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
    const sources = subpaths.map((entry) => entry.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')).sort()
    expect((json('typedoc.json').entryPoints as string[]).toSorted()).toEqual(sources)
    expect((json('.size-limit.json') as { path: string }[]).map(({ path }) => `./${path}`).sort()).toEqual(
      subpaths.map((entry) => entry.default).sort(),
    )
    const { paths } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config.compilerOptions
    expect(Object.keys(paths).sort()).toEqual(subpaths.map(({ name }) => name).sort())
    expect((Object.values(paths) as string[][]).map(([path]) => path?.slice(2)).sort()).toEqual(sources)
  })

  it('import only dependencies, peers and node: modules, the command line included', () => {
    const allowed = new Set([...Object.keys(manifest.dependencies), ...peers])
    const foreign = filesBelow(join(packed.installed, 'dist'))
      .filter((name) => name.endsWith('.js'))
      .flatMap((name) => importsOf(join(packed.installed, 'dist', name)).map((specifier) => ({ name, specifier })))
      .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .filter(({ specifier }) => !allowed.has(packageName(specifier)))
    expect(foreign).toEqual([])
    expect(importsOf(join(packed.installed, 'dist', 'vault', 'index.js')).length).toBeGreaterThan(0)
  })

  it('have maps whose sources are in the package', () => {
    const dist = join(packed.installed, 'dist')
    const maps = filesBelow(dist).filter((name) => name.endsWith('.map'))
    expect(maps.filter((name) => name.endsWith('.d.ts.map')).length).toBeGreaterThan(100)
    const lost = maps.flatMap((name) => {
      const { sources } = JSON.parse(readFileSync(join(dist, name), 'utf8')) as { sources: string[] }
      return sources
        .filter((source) => !source.includes('node_modules'))
        .map((source) => resolve(dirname(join(dist, name)), source))
        .filter((source) => !existsSync(source))
    })
    expect(lost).toEqual([])
  })

  it('lead from a stack trace to the line of the source', () => {
    const script = "import('stagedoor').then(({ optionsFromEnv }) => optionsFromEnv({}))"
    const { stderr } = spawnSync(process.execPath, ['--enable-source-maps', '-e', script], {
      cwd: packed.consumer,
      encoding: 'utf8',
    })
    const found = /at need .*?[/\\](src[/\\]config\.ts):(\d+)/.exec(stderr)
    const line = readFileSync(join(packed.installed, 'src', 'config.ts'), 'utf8').split('\n')[Number(found?.[2]) - 1]
    expect(line).toContain('new ConfigError(')
  })

  it('carry the licence of every package whose code the command line bundles', () => {
    const notices = readFileSync(join(packed.installed, 'dist/cli/THIRD-PARTY-LICENSES.txt'), 'utf8')
    const maps = filesBelow(join(packed.installed, 'dist')).filter((name) => name.endsWith('.js.map'))
    const bundled = new Set(
      maps.flatMap((name) => {
        const { sources } = JSON.parse(readFileSync(join(packed.installed, 'dist', name), 'utf8')) as {
          sources: string[]
        }
        return sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? [])
      }),
    )
    expect(bundled).toContain('commander')
    for (const name of bundled) expect(notices).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, 'm'))
  })
})

describe('an application with nothing but the package', () => {
  it('imports every subpath, but for those that need a peer, which say which one', () => {
    const script = `
      const results = {}
      for (const name of ${JSON.stringify(subpaths.map(({ name }) => name))}) {
        results[name] = await import(name).then((module) => Object.keys(module).length, (error) => error.message)
      }
      console.log(JSON.stringify(results))`
    const results = run(script, 'module') as Record<string, number | string>
    for (const [name, result] of Object.entries(results)) {
      const peer = peerOf[name]
      if (peer === undefined) expect(result, name).toBeGreaterThan(0)
      else expect(result, name).toContain(`Cannot find package '${peer}'`)
    }
  })

  it('imports the others once their peer is there', () => {
    packed.provide(...Object.values(peerOf))
    const script = `
      const results = {}
      for (const name of ${JSON.stringify(Object.keys(peerOf))}) results[name] = Object.keys(await import(name)).length
      console.log(JSON.stringify(results))`
    const results = run(script, 'module') as Record<string, number>
    packed.withdraw(...Object.values(peerOf))
    for (const name of Object.keys(peerOf)) expect(results[name], name).toBeGreaterThan(0)
  })

  it('loads every subpath with require() from CommonJS', () => {
    const names = subpaths.map(({ name }) => name).filter((name) => peerOf[name] === undefined)
    const script = `
      const results = {}
      for (const name of ${JSON.stringify(names)}) results[name] = Object.keys(require(name)).length
      console.log(JSON.stringify(results))`
    const results = run(script, 'commonjs') as Record<string, number>
    expect(Object.keys(results)).toEqual(names)
    for (const name of names) expect(results[name], name).toBeGreaterThan(0)
  })

  it('explains broken configurations with the installed command', { timeout: 120_000 }, async () => {
    const refusing = createServer((_, response) => {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"errors":["permission denied"]}')
    }).listen(0, '127.0.0.1')
    await new Promise((listening) => refusing.once('listening', listening))
    const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`
    const installation: Installation = {
      main: join(packed.consumer, 'node_modules', '.bin', 'stagedoor'),
      specifier: (subpath) => (subpath === '' ? 'stagedoor' : `stagedoor/${subpath}`),
    }
    const cases = brokenConfigurations.filter(({ needs }) => needs === undefined)
    expect(cases.length).toBeGreaterThanOrEqual(10)
    try {
      for (const { name, env = {}, config, check, code, text } of cases) {
        using workplace = new Workplace(installation, packed.consumer)
        if (config !== undefined) workplace.write('stagedoor.config.mjs', config.replace('KMS_URL', url))
        const outcome = await workplace.run(['doctor', '--json'], { ...goodEnv, ...env })
        const { findings } = JSON.parse(outcome.stdout) as {
          findings: { check: string; status: string; code?: string; message: string; action?: string }[]
        }
        const problems = findings.filter(({ status }) => status === 'problem')
        expect(problems, name).toEqual([expect.objectContaining({ check, code })])
        expect(`${problems[0]?.message} ${problems[0]?.action}`, name).toMatch(text)
        expect(outcome.code, name).toBe(1)
      }
    } finally {
      refusing.close()
    }
  })
})

describe('the installed command', () => {
  it('serves a fake Spotify whose consent page a browser can open', async () => {
    const main = join(packed.consumer, 'node_modules', '.bin', 'stagedoor')
    const child = spawn(process.execPath, [main, 'fake', '--port', '0', '--json'], { cwd: packed.consumer })
    try {
      let seen = ''
      for await (const text of child.stdout.setEncoding('utf8')) {
        seen += text
        if (seen.includes('\n}\n')) break
      }
      const { endpoints } = JSON.parse(seen) as { endpoints: { authorization: string } }
      const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: 'any',
        redirect_uri: 'http://127.0.0.1:3000/callback',
        state: 'state',
        code_challenge: challenge,
        code_challenge_method: 'S256',
      })
      const page = await fetch(`${endpoints.authorization}?${query}`)
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')])
      expect(await page.text()).toContain('<form')
    } finally {
      child.kill()
    }
  })
})

describe('TypeScript', () => {
  const modes = [
    [
      'node16 from ESM',
      'consumer.mts',
      { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
    ],
    [
      'nodenext from ESM',
      'consumer.mts',
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ],
    [
      'nodenext from CommonJS',
      'consumer.cts',
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ],
    ['bundler', 'consumer.ts', { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }],
  ] as const

  it.each(modes)(
    'resolves every subpath under %s, with types and without errors in them',
    { timeout: 120_000 },
    (_, file, options) => {
      packed.provide(...peers, 'typescript', '@types/node', '@types/express')
      const path = join(packed.consumer, file)
      const lines = subpaths.map(
        ({ name }, index) => `import * as m${index} from '${name}'\nexport const n${index}: object = m${index}`,
      )
      writeFileSync(
        path,
        `${lines.join('\n')}\n// @ts-expect-error: there is no such export, so nothing is any\nm0.noSuchExport\n`,
      )
      const program = ts.createProgram([path], {
        ...options,
        target: ts.ScriptTarget.ES2023,
        lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.disposable.d.ts'],
        types: ['node'],
        typeRoots: [join(packed.consumer, 'node_modules', '@types')],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
      })
      const problems = ts
        .getPreEmitDiagnostics(program)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
      packed.withdraw(...peers, 'typescript', '@types/node', '@types/express')
      expect(problems).toEqual([])
    },
  )
})

/** These stand on Node, or on clients that do. */
const nodeBound = new Set([
  'stagedoor/stores/sqlite',
  'stagedoor/limits/cluster',
  'stagedoor/express',
  'stagedoor/fastify',
  'stagedoor/otel',
  'stagedoor/testing/server',
])

/**
 * Bytes over the wire when everything of the entry is used: minified, gzipped, dependencies included, peers not. `first`
 * is what importing it loads, `later` what the first sign-in, call, list or failure loads on top.
 */
const budgets: Readonly<Record<string, { readonly first: number; readonly later?: number }>> = {
  stagedoor: { first: 46_080, later: 58_000 },
  'stagedoor/oauth': { first: 7_000, later: 16_000 },
  'stagedoor/vault': { first: 7_000, later: 2_500 },
  'stagedoor/spotify': { first: 24_000, later: 20_000 },
}

describe('bundles', () => {
  const free = subpaths.filter(({ name }) => !nodeBound.has(name))

  it.each(free)('$name runs where there are no modules of Node', async ({ default: target }) => {
    const { metafile } = await bundle(join(packed.installed, target), 'neutral')
    const modules = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(modules.filter((path) => path.startsWith('node:') || builtinModules.includes(path))).toEqual([])
  })

  it('notice a module of Node where there is one', async () => {
    const { metafile } = await bundle(join(packed.installed, 'dist/stores/sqlite.js'), 'neutral')
    const modules = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(modules).toContain('node:sqlite')
  })

  it.each(Object.entries(budgets))('%s stays within its budget of bytes', async (name, { first, later = 0 }) => {
    const target = subpaths.find((entry) => entry.name === name)?.default ?? ''
    const { outputFiles, metafile } = await bundle(join(packed.installed, target), 'neutral')
    const sizes = new Map(outputFiles.map(({ path, contents }) => [path, gzipSync(contents).length]))
    const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({
      ...output,
      path: resolve(path),
      name: path,
    }))
    const entry = outputs.find(
      ({ entryPoint }) => entryPoint !== undefined && resolve(entryPoint).endsWith(target.slice(1)),
    )
    const eager = new Set<string>()
    const follow = (path: string): void => {
      if (eager.has(resolve(path))) return
      eager.add(resolve(path))
      for (const found of metafile.outputs[path]?.imports ?? []) {
        if (found.kind !== 'dynamic-import' && found.external !== true) follow(found.path)
      }
    }
    follow(entry?.name ?? '')
    const sum = (wanted: boolean): number =>
      outputs
        .filter(({ path }) => eager.has(path) === wanted)
        .reduce((total, { path }) => total + (sizes.get(path) ?? 0), 0)
    expect(sum(true)).toBeGreaterThan(1000)
    expect(sum(true)).toBeLessThanOrEqual(first)
    expect(sum(false)).toBeLessThanOrEqual(later)
  })
})

function bundle(entry: string, platform: 'neutral') {
  return build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform,
    mainFields: ['module', 'main'],
    conditions: ['import'],
    outdir: join(packed.folder, 'bundle'),
    external: [...peers, ...builtinModules, 'node:*'],
    logLevel: 'silent',
  })
}

function importsOf(path: string): string[] {
  return ts.preProcessFile(readFileSync(path, 'utf8'), true, true).importedFiles.map(({ fileName }) => fileName)
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Runs a script in the application and gives what it printed. */
function run(script: string, type: 'module' | 'commonjs'): unknown {
  const args = ['--no-warnings', `--input-type=${type}`, '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: packed.consumer, encoding: 'utf8' }))
}
