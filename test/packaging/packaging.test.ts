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
import sizeLimit from '../../.size-limit.ts'
import { budgets } from '../../scripts/budgets.ts'
import { entries } from '../../scripts/entries.ts'
import tsup from '../../tsup.config.ts'
import { alias } from '../../vitest.config.ts'
import { brokenConfigurations } from '../cli/support/broken-configurations.ts'
import { goodEnv, type Installation, Workplace } from '../cli/support/command-line.ts'
import { filesBelow, manifest, PackedPackage, root } from './support/installation.ts'

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
  it('are the documents, the sources, what is built from them under the names of sources, and nothing else', () => {
    const source = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src'], {
      cwd: root,
      encoding: 'utf8',
    })
    const sources = source.trim().split('\n')
    const rest = packed.files.filter((name) => {
      if (sources.includes(name)) return false
      const built = /^dist\/(.+)\.js(\.map)?$/.exec(name)?.[1]
      if (built !== undefined) return !sources.includes(`src/${built}.ts`)
      const declared = /^dist\/(.+)\.d\.ts(\.map)?$/.exec(name)?.[1]
      return declared === undefined || !sources.includes(`src/${declared}.ts`) || declared.startsWith('cli/')
    })
    const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json']
    expect(rest.sort()).toEqual([...documents, 'dist/THIRD-PARTY-LICENSES.txt'].sort())
    expect(sources.filter((name) => !packed.files.includes(name))).toEqual([])
  })

  it('hold every file that an export or the command names', () => {
    const targets = entries.flatMap(({ source, output, types }) => [source, output, types])
    expect([...targets, 'dist/cli/main.js'].filter((target) => !packed.files.includes(target))).toEqual([])
  })

  it('hold the code of a source once, in a file that has its name or that of a part it belongs to', () => {
    const dist = join(packed.installed, 'dist')
    const maps = filesBelow(dist).filter((name) => name.endsWith('.js.map') && !name.startsWith('cli/'))
    const held = maps.flatMap((name) => {
      const { sources } = JSON.parse(readFileSync(join(dist, name), 'utf8')) as { sources: string[] }
      return sources.map((source) => resolve(dirname(join(dist, name)), source))
    })
    expect(held.filter((source, index) => held.indexOf(source) !== index)).toEqual([])
    const zod = JSON.parse(readFileSync(join(dist, 'spotify/schemas/zod.js.map'), 'utf8')) as { sources: string[] }
    expect(zod.sources.length).toBeGreaterThan(1)
    expect(zod.sources.filter((source) => !source.includes('node_modules/zod/'))).toEqual([])
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

  it('carry the licence of every package whose code is in them', () => {
    const notices = readFileSync(join(packed.installed, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
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
    expect(bundled).toContain('zod')
    for (const name of bundled) expect(notices).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, 'm'))
  })
})

describe('an entry in package.json', () => {
  it('is all that another entry needs: it is built, resolved, given a budget and documented from there', () => {
    const { entry } = tsup as { entry: Record<string, string> }
    const sources = entries.map(({ source }) => source)
    const names = entries.map(({ name }) => name)
    expect(entries.length).toBe(Object.keys(manifest.exports).length - 1)
    expect(sources.filter((source) => !Object.values(entry).includes(source))).toEqual([])
    expect(sizeLimit.map(({ name }) => name)).toEqual(names)
    expect(names.filter((name) => !alias.some(({ find }) => find.test(name)))).toEqual([])
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
    const importer = join(root, 'examples', 'importer.ts')
    const resolved = names.map((name) => {
      const mode = ts.ModuleKind.ESNext
      const found = ts.resolveModuleName(name, importer, options, ts.sys, undefined, undefined, mode)
      return found.resolvedModule?.resolvedFileName
    })
    expect(resolved).toEqual(sources.map((source) => join(root, source)))
    const printed = execFileSync(process.execPath, [join(root, 'scripts', 'entries.ts')], { encoding: 'utf8' })
    expect(printed.split(' ')).toEqual(sources)
    expect(manifest.scripts.docs).toContain('typedoc $(node scripts/entries.ts)')
  })
})

describe('an application with nothing but the package', () => {
  it('imports every subpath, but for those that need a peer, which say which one', () => {
    const script = `
      const results = {}
      for (const name of ${JSON.stringify(entries.map(({ name }) => name))}) {
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
    const names = entries.map(({ name }) => name).filter((name) => peerOf[name] === undefined)
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
      const lines = entries.map(
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

describe('bundles', () => {
  const free = entries.filter(({ runsEverywhere }) => runsEverywhere)

  it.each(free)('$name runs where there are no modules of Node', async ({ output }) => {
    const { metafile } = await bundle(join(packed.installed, output), 'neutral')
    const modules = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(modules.filter((path) => path.startsWith('node:') || builtinModules.includes(path))).toEqual([])
  })

  it('notice a module of Node where there is one', async () => {
    const { metafile } = await bundle(join(packed.installed, 'dist/stores/sqlite.js'), 'neutral')
    const modules = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(modules).toContain('node:sqlite')
  })

  const lazy = entries.filter(({ subpath }) => budgets.get(subpath)?.later !== undefined)
  it.each(lazy)('$name loads with its import and later what its budget allows', async ({ subpath, output }) => {
    const { first = 0, later = 0 } = budgets.get(subpath) ?? {}
    const { outputFiles, metafile } = await bundle(join(packed.installed, output), 'neutral')
    const sizes = new Map(outputFiles.map(({ path, contents }) => [path, gzipSync(contents).length]))
    const outputs = Object.entries(metafile.outputs).map(([path, file]) => ({
      ...file,
      path: resolve(path),
      name: path,
    }))
    const entry = outputs.find(({ entryPoint }) => entryPoint !== undefined && resolve(entryPoint).endsWith(output))
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

/** Runs a script in the application and returns what it printed. */
function run(script: string, type: 'module' | 'commonjs'): unknown {
  const args = ['--no-warnings', `--input-type=${type}`, '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: packed.consumer, encoding: 'utf8' }))
}
