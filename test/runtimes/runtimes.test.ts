import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entries } from '../../scripts/entries.ts'
import { manifest, PackedPackage } from '../packaging/support/installation.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const bin = (name: string): string => join(here, 'node_modules', name)

/** What every runtime must find. */
const found = {
  begin: 302,
  complete: [303, '/library'],
  keyId: 'main',
  plaintextStored: false,
  me: 'Ann',
  refreshes: 1,
  refreshedNow: true,
  tracks: [120, 120],
  health: 'healthy',
  removed: true,
  gone: 'CONNECTION_NOT_FOUND',
}

const nodes = ['node22', 'node24', 'node26'].map((name) => ({ name, node: bin(`${name}/bin/node`) }))

let packed: PackedPackage
beforeAll(() => {
  packed = new PackedPackage()
  cpSync(join(here, 'smoke.mjs'), join(packed.consumer, 'smoke.mjs'))
  writeFileSync(
    join(packed.consumer, 'main.mjs'),
    "import { smoke } from './smoke.mjs'\nconsole.log(JSON.stringify(await smoke()))\n",
  )
  writeFileSync(
    join(packed.consumer, 'file.mjs'),
    "import { sqliteStore } from 'stagedoor/stores/sqlite'\nimport { smoke } from './smoke.mjs'\n" +
      'console.log(JSON.stringify(await smoke(sqliteStore(process.argv[2]))))\n',
  )
})
afterAll(() => packed?.remove())

function output(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd: packed.consumer, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

describe.each(nodes)('the packed package on $name', ({ name, node }) => {
  it('runs there at all', () => {
    expect(existsSync(node)).toBe(true)
    expect(output(node, ['--version'])).toMatch(new RegExp(`^v${name.slice(4)}\\.`))
  })

  it('signs in, seals, stores, refreshes, calls and pages', () => {
    expect(JSON.parse(output(node, ['main.mjs']))).toEqual(found)
  })

  it('does the same with a SQLite file', () => {
    expect(JSON.parse(output(node, ['--no-warnings', 'file.mjs', `${name}.db`]))).toEqual(found)
  })

  it('is loaded with require()', () => {
    const needPeer = ['stagedoor/stores/sql', 'stagedoor/testing/msw', 'stagedoor/otel']
    const names = entries.map((entry) => entry.name).filter((entry) => !needPeer.includes(entry))
    const script = `for (const name of ${JSON.stringify(names)}) if (Object.keys(require(name)).length === 0) throw name`
    output(node, ['--no-warnings', '-e', `${script}\nconsole.log(require('stagedoor').createStagedoor.name)`])
  })

  it('has a command line', () => {
    expect(output(node, [join('node_modules', 'stagedoor', 'dist', 'cli', 'main.js'), '--version']).trim()).toMatch(
      /^\d/,
    )
  })
})

describe('the packed package on the oldest Node that it names', () => {
  const node = bin('node-floor/bin/node')
  const version = `${manifest.engines.node.replace('>=', '')}.0`
  const needPeer = ['stagedoor/stores/sql', 'stagedoor/testing/msw', 'stagedoor/otel']
  const sqlite = 'stagedoor/stores/sqlite'

  it('runs there', () => {
    expect(version).toMatch(/^\d+\.\d+\.0$/)
    expect(output(node, ['--version']).trim()).toBe(`v${version}`)
  })

  it.each(['import', 'require'])('is loaded with %s(), every entry', (load) => {
    const names = entries.map(({ name }) => name).filter((name) => name !== sqlite && !needPeer.includes(name))
    const script = `(async () => {
      for (const name of ${JSON.stringify(names)}) {
        if (Object.keys(await ${load}(name)).length === 0) throw new Error(name)
      }
    })()`
    output(node, ['--no-warnings', '-e', script])
    expect(names.length).toBeGreaterThan(10)
  })

  it('signs in, seals, stores, refreshes, calls and pages', () => {
    expect(JSON.parse(output(node, ['main.mjs']))).toEqual(found)
  })

  it('has node:sqlite behind a flag only', () => {
    const { status, stderr } = spawnSync(node, ['-e', `import('${sqlite}')`], {
      cwd: packed.consumer,
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toContain('No such built-in module: node:sqlite')
    const args = ['--no-warnings', '--experimental-sqlite', 'file.mjs', 'floor.db']
    expect(JSON.parse(output(node, args))).toEqual(found)
  })

  it('has a command line', () => {
    const main = join('node_modules', 'stagedoor', 'dist', 'cli', 'main.js')
    expect(output(node, [main, '--version']).trim()).toBe(manifest.version)
  })
})

describe('the packed package on Bun', () => {
  it('signs in, seals, stores, refreshes, calls and pages', () => {
    expect(JSON.parse(output(bin('.bin/bun'), ['run', 'main.mjs']))).toEqual(found)
  })
})

describe('the packed package on Deno', () => {
  it('signs in, seals, stores, refreshes, calls and pages, without any permission', () => {
    const args = ['run', '--no-prompt', '--no-remote', '--node-modules-dir=manual', 'main.mjs']
    expect(JSON.parse(output(bin('.bin/deno'), args))).toEqual(found)
  })
})

describe('the packed package on workerd', () => {
  it('signs in, seals, stores, refreshes, calls and pages, without modules of Node', async () => {
    const worker =
      "import { smoke } from './smoke.mjs'\nexport default { fetch: async () => Response.json(await smoke()) }\n"
    const { outputFiles } = await build({
      stdin: { contents: worker, resolveDir: packed.consumer, sourcefile: 'worker.mjs' },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'import'],
    })
    const miniflare = new Miniflare({
      modules: true,
      script: outputFiles[0]?.text ?? '',
      compatibilityDate: '2026-07-01',
      cf: false,
    })
    try {
      const response = await miniflare.dispatchFetch('http://127.0.0.1/')
      const text = await response.text()
      expect(response.status, text).toBe(200)
      expect(JSON.parse(text)).toEqual(found)
    } finally {
      await miniflare.dispose()
    }
  })
})
