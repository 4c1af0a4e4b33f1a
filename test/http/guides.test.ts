import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'
import { freePort, startProgram } from '../examples/support/program.ts'
import { sendOver } from './support/http-client.ts'
import { applyDiff, titledBlocks } from './support/markdown.ts'
import { Browser, paths } from './support/world.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const [application, diff] = titledBlocks('guides/express.md')
const shared = titledBlocks('guides/frameworks.md')
const nestAndKoa = titledBlocks('guides/nest-and-koa.md')

/** What the guides take from frameworks that are not installed here. */
const shims: Readonly<Record<string, string>> = {
  'kit.d.ts': `declare module '@sveltejs/kit' {
    interface Event { url: URL; request: Request; locals: { userId?: string } }
    export type Handle = (input: { event: Event; resolve(event: Event): Promise<Response> }) => Promise<Response>
  }`,
  'servers.d.ts': `type Answer = (request: Request) => Response | Promise<Response>
  declare const Bun: { serve(options: { port: number; fetch: Answer }): void }
  declare const Deno: { serve(options: { port: number }, answer: Answer): void }`,
}

/** Compiles files that exist only in memory, beside the project's own, with the project's settings. */
function compile(files: Readonly<Record<string, string>>): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  // Nest's dependency injection is built on decorators and parameter properties.
  const all = { ...options, experimentalDecorators: true, emitDecoratorMetadata: true, erasableSyntaxOnly: false }
  const host = ts.createCompilerHost(all)
  const folder = join(root, 'test/http/guide')
  const memory = new Map(Object.entries(files).map(([name, text]) => [join(folder, name), text]))
  const { readFile, fileExists, getSourceFile, directoryExists } = host
  host.readFile = (name) => memory.get(name) ?? readFile(name)
  host.fileExists = (name) => memory.has(name) || fileExists(name)
  host.directoryExists = (name) => name === folder || directoryExists?.(name) === true
  host.getSourceFile = (name, version) => {
    const text = memory.get(name)
    return text === undefined ? getSourceFile(name, version) : ts.createSourceFile(name, text, version, true)
  }
  const program = ts.createProgram([...memory.keys()], all, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName.slice(folder.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

test('every block of the guides compiles against the sources', () => {
  const app = applyDiff(application!.code, diff!.code).after
  const files = Object.fromEntries([...shared, ...nestAndKoa].map(({ title, code }) => [title, code]))
  const wrong = "import { stagedoorExpress } from 'stagedoor/express'\nstagedoorExpress(1)"
  const found = compile({ ...shims, ...files, 'app.ts': app, 'wrong.ts': wrong })
  expect(found).toEqual([expect.stringMatching(/^wrong\.ts: Expected 2 arguments/)])
}, 120_000)

/** What SvelteKit and React Router do around the modules of the guide: call them with a request. */
const around = (imports: string, answer: string): string => `import { serve } from '@hono/node-server'
import { stagedoor } from './stagedoor.js'
${imports}
const port = Number(process.env.PORT)
const tracks = (request) => stagedoor.client(request.headers.get('x-user')).library.tracks().toArray({ max: 50 })
const answer = async (request, url, page) => ${answer}
serve(
  {
    port,
    hostname: '127.0.0.1',
    fetch: (request) => answer(request, new URL(request.url), async () => Response.json(await tracks(request))),
  },
  () => console.log('http://127.0.0.1:' + port),
)
`
const servers: Readonly<Record<string, string>> = {
  'svelte.js': around(
    "import { handle } from './hooks.server.js'",
    "handle({ event: { url, request, locals: { userId: request.headers.get('x-user') } }, resolve: page })",
  ),
  'router.js': around(
    "import { action, loader } from './api.v1.spotify.$.js'",
    "!url.pathname.startsWith('/api/v1/spotify/') ? page() : /GET|HEAD/.test(request.method) ? loader({ request }) : action({ request })",
  ),
}

describe.each([
  { name: 'NestJS', entry: 'main.js', user: 'session' },
  { name: 'Koa', entry: 'koa.js', user: 'header' },
  { name: 'SvelteKit', entry: 'svelte.js', user: 'header' },
  { name: 'React Router', entry: 'router.js', user: 'header' },
])('the guide for $name', ({ entry, user }) => {
  const cwd = mkdtempSync(join(tmpdir(), 'guide-'))
  let spotify: FakeSpotifyServer
  beforeAll(async () => {
    spotify = await startFakeSpotify({ users: [{ id: 'ada', library: { tracks: 7 } }] })
    writeFileSync(join(cwd, 'package.json'), '{ "type": "module" }')
    for (const [name, code] of Object.entries(servers)) writeFileSync(join(cwd, name), code)
    for (const { title, code } of [...shared, ...nestAndKoa]) {
      const compilerOptions: ts.CompilerOptions = {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        experimentalDecorators: true,
        rewriteRelativeImportExtensions: true,
      }
      writeFileSync(join(cwd, title.replace(/ts$/, 'js')), ts.transpileModule(code, { compilerOptions }).outputText)
    }
  })
  afterAll(async () => {
    await spotify.close()
    rmSync(cwd, { recursive: true })
  })

  test('adds the whole flow', async () => {
    const port = await freePort()
    const program = startProgram(entry, { cwd, fake: spotify.url, port })
    await program.printed(/http:\S+/)
    const host = { send: (sent: Parameters<typeof sendOver>[1]) => sendOver(`http://127.0.0.1:${port}`, sent) }
    const alice = new Browser({ ...host, close: async () => {} }, user === 'header' ? 'alice' : undefined)
    if (user === 'session') await alice.send({ method: 'POST', path: '/login/alice' })

    const done = await alice.open(await alice.consent(spotify.fake, { query: '?returnTo=/library' }))
    expect([done.status, done.headers.get('location')], done.text).toEqual([303, '/library'])
    expect(JSON.parse((await alice.open('/library')).text)).toHaveLength(7)
    const begun = JSON.parse((await alice.callApi(paths.auth)).text).authorizationUrl
    const back = await spotify.fake.approve(begun)
    const posted = await alice.send({
      method: 'POST',
      path: paths.callback,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(back.searchParams)),
    })
    expect(posted.status, posted.text).toBe(200)
    expect((await alice.callApi(paths.connection, 'DELETE')).status).toBe(204)
    expect((await alice.callApi(paths.connection)).status).toBe(404)
    await program.stop()
  }, 120_000)
})
