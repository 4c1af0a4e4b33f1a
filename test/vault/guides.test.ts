import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = join(root, 'test/vault/guide')

/** Declarations that the guides leave out: shown earlier on the page, or the reader's own. */
const leftOut: Readonly<Record<string, string>> = {
  createVault: "import { createVault } from 'stagedoor'",
  localKms: "import { localKms } from 'stagedoor'",
  Kms: "import type { Kms } from 'stagedoor/vault'",
  clientId: "const clientId = 'app'",
  store: "import { memoryStore } from 'stagedoor'\nconst store = memoryStore()",
  vault: "import type { Vault } from 'stagedoor'\ndeclare const vault: Vault",
  kms: "import type { Kms } from 'stagedoor/vault'\ndeclare const kms: Kms",
  anotherKey: 'declare const anotherKey: typeof kms',
  agent: 'declare const agent: { currentToken(): string }',
  test: 'declare const test: (name: string, run: () => Promise<void>) => void',
  hsm: `interface Hsm { wrap(key: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>; unwrap: Hsm['wrap'] }
    declare const hsm: Hsm`,
}

const shims = `declare module '@azure/identity' {
  export class DefaultAzureCredential { getToken(): Promise<{ token: string; expiresOnTimestamp: number }> }
}`

function blocks(guide: string): string[] {
  const text = readFileSync(new URL(`../../docs/guides/${guide}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^ *```ts\n([\s\S]*?)^ *```$/gm)].map(([, code = '']) => code)
}

/** The block with what it leaves out, as far as it uses it and does not bring it itself. */
function complete(code: string): string {
  const brings = (name: string): boolean =>
    new RegExp(`\\bconst ${name}\\b|import [^']*\\b${name}\\b[^']*'|\\(\\{[^)]*\\b${name}\\b[^)]*\\}\\) =>`).test(code)
  const uses = (name: string): boolean => new RegExp(`(?<![.'\\w-])${name}\\b(?!:|')`).test(code)
  const missing = Object.entries(leftOut).filter(([name]) => uses(name) && !brings(name))
  return `${missing.map(([, line]) => line).join('\n')}\n${code}\nexport {}\n`
}

function compile(files: ReadonlyMap<string, string>): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile, directoryExists } = host
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.directoryExists = (name) => name === folder || directoryExists?.(name) === true
  host.getSourceFile = (name, version) => {
    const text = files.get(name)
    return text === undefined ? getSourceFile(name, version) : ts.createSourceFile(name, text, version, true)
  }
  return ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host)).map(({ file, messageText }) => {
    return `${file?.fileName.slice(folder.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

test('every block of the guides to keys compiles against the sources', () => {
  const files = new Map([[join(folder, 'shims.d.ts'), shims]])
  for (const guide of ['kms.md', 'key-rotation.md'])
    for (const [index, code] of blocks(guide).entries()) files.set(join(folder, `${guide}-${index}.ts`), complete(code))
  expect(files.size).toBeGreaterThanOrEqual(12)
  files.set(join(folder, 'wrong.ts'), "import { localKms } from 'stagedoor'\nlocalKms({ key: 'without a name' })\n")
  expect(compile(files)).toEqual([expect.stringMatching(/^wrong\.ts: .*keyId/s)])
}, 120_000)
