import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { type CodeBlock, codeBlocks, documents, exampleBlocks, root, sources } from './support/documents.ts'

/** Blocks with a title are whole files; the tests of the adapters compile and run them. */
const isFile = (block: CodeBlock): boolean => /\btitle=/.test(block.info)

const blocks = documents.flatMap(codeBlocks)
const typescript = [
  ...blocks.filter((block) => block.language === 'ts' && !isFile(block)),
  ...sources.flatMap(exampleBlocks),
]

/** Names that blocks may use without declaring them. A block that declares a name itself hides it. */
const surroundings = `
import type { Express, Request as ExpressRequest, Response as ExpressResponse } from 'express'
import type { Kysely } from 'kysely'
import type { Redis } from 'ioredis'
import type * as s from 'stagedoor'
import type { FakeSpotify } from 'stagedoor/testing'

declare module 'express-session' {
  interface Session { userId: string }
}
declare global {
  const app: Express
  const req: ExpressRequest
  const res: ExpressResponse
  const stagedoor: s.Stagedoor
  const connections: s.Connections
  const spotify: s.Spotify
  const client: s.SpotifyClient
  const vault: s.Vault
  const kms: s.Kms
  const store: s.TokenStore
  const limiter: s.Limiter
  const db: Kysely<unknown>
  const redis: Redis
  const fake: FakeSpotify
  const userId: string
  const ownerId: string
  const clientId: string
  const id: string
  const uris: string[]
  const request: Request
  const signal: AbortSignal
  const createReseal: typeof s.createReseal
  const spotifyProvider: typeof s.spotifyProvider
  const createVault: typeof s.createVault
  const localKms: typeof s.localKms
  type Kms = s.Kms
  const anotherKey: s.Kms
  const agent: { currentToken(): Promise<string> }
  const hsm: Record<'wrap' | 'unwrap', (bytes: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array>>
  function test(name: string, run: () => unknown): void
  function notify(userId: string, message: string, deduplicationId?: string): Promise<void>
  function redirect(to: string): Response
  function tryAgainAt(date: Date): Response
  /** The user of a session that a cookie names. */
  function userOf(cookies: string | null | undefined): string | undefined
}
export {}
`

/** Packages that the documents mention and that are not installed here. */
const shims = `
declare module '@azure/identity' {
  export class DefaultAzureCredential {
    getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>
  }
}
`

/** A block as a module: its imports, then its statements in a function, so that it may return and await. */
function toModule({ code }: CodeBlock): string {
  const source = ts.createSourceFile('block.ts', code, ts.ScriptTarget.Latest, true)
  const isTop = (node: ts.Statement): boolean =>
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    ts.isModuleDeclaration(node) ||
    ts.isExportAssignment(node) ||
    (ts.canHaveModifiers(node) &&
      (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
  const part = (top: boolean): string =>
    source.statements
      .filter((node) => isTop(node) === top)
      .map((node) => node.getFullText())
      .join('\n')
  return source.statements.some((node) => isTop(node) && !ts.isImportDeclaration(node))
    ? `${code}\nexport {}`
    : `${part(true)}\nexport async function block(): Promise<unknown> {\n${part(false)}\nreturn undefined\n}\n`
}

function compile(modules: ReadonlyMap<string, string>): Map<string, string[]> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  const all = { ...options, allowUnreachableCode: true }
  const host = ts.createCompilerHost(all)
  const { readFile, fileExists, getSourceFile } = host
  host.readFile = (name) => modules.get(name) ?? readFile(name)
  host.fileExists = (name) => modules.has(name) || fileExists(name)
  host.getSourceFile = (name, version) => {
    const text = modules.get(name)
    return text === undefined ? getSourceFile(name, version) : ts.createSourceFile(name, text, version, true)
  }
  const program = ts.createProgram([...modules.keys()], all, host)
  const found = new Map<string, string[]>()
  for (const name of modules.keys()) {
    const messages = ts.getPreEmitDiagnostics(program, program.getSourceFile(name))
    if (messages.length > 0)
      found.set(
        name,
        messages.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
      )
  }
  return found
}

describe('the code in documents and doc comments', () => {
  it('compiles against the sources, block by block', { timeout: 120_000 }, () => {
    const folder = join(root, 'test/docs/block')
    const name = (block: CodeBlock): string => join(folder, `${block.document.replaceAll('/', '.')}.${block.line}.ts`)
    const modules = new Map(typescript.map((block) => [name(block), toModule(block)]))
    modules.set(join(folder, 'surroundings.ts'), surroundings)
    modules.set(join(folder, 'shims.d.ts'), shims)
    modules.set(
      join(folder, 'wrong.ts'),
      "import { createVault } from 'stagedoor'\nexport const vault = createVault({})",
    )
    const found = compile(modules)
    const wrong = found.get(join(folder, 'wrong.ts'))
    expect(wrong?.join()).toContain("Property 'kms' is missing")
    found.delete(join(folder, 'wrong.ts'))
    expect(typescript.length).toBeGreaterThan(60)
    expect(Object.fromEntries([...found].map(([path, messages]) => [path.slice(folder.length + 1), messages]))).toEqual(
      {},
    )
  })

  it('is valid JSON in blocks of JSON', () => {
    for (const { code, language, document, line } of blocks) {
      if (language === 'json') expect(() => JSON.parse(code), `${document}:${line}`).not.toThrow()
    }
  })

  it('names the language of every block', () => {
    expect(blocks.filter(({ language }) => language === '').map(({ document, line }) => `${document}:${line}`)).toEqual(
      [],
    )
  })
})
