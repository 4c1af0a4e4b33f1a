import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('../../../', import.meta.url)
const source = fileURLToPath(new URL('src/cli/main.ts', root))

/** How the command line is started: from its sources, or from an installed package. */
export interface Installation {
  readonly main: string
  /** What a configuration file imports for a subpath such as `stores/sqlite`. */
  readonly specifier: (subpath: string) => string
}

const files: Readonly<Record<string, string>> = {
  '': 'index.ts',
  'stores/sqlite': 'stores/sqlite.ts',
  'stores/redis': 'stores/redis.ts',
  'stores/sql': 'stores/sql.ts',
  'kms/vault-transit': 'vault/kms/vault-transit.ts',
  vault: 'vault/index.ts',
  oauth: 'oauth/index.ts',
}

export const fromSource: Installation = {
  main: source,
  specifier: (subpath) => new URL(`src/${files[subpath]}`, root).href,
}

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A temporary folder with a configuration file, in which commands run. */
export class Workplace {
  readonly folder: string
  readonly installation: Installation

  constructor(installation: Installation = fromSource, within = tmpdir()) {
    this.folder = mkdtempSync(join(within, 'stagedoor-cli-'))
    this.installation = installation
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(
      path,
      text.replaceAll(/'stagedoor(?:\/([^']*))?'/g, (_, subpath = '') => {
        return `'${this.installation.specifier(subpath)}'`
      }),
    )
    return path
  }

  /** Runs a command; `onStart` receives the child process, for example to kill it. */
  async run(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
    onStart?: (child: ReturnType<typeof spawn>, output: () => string) => void,
  ): Promise<Outcome> {
    const { PATH, HOME } = process.env
    const child = spawn(process.execPath, ['--no-warnings', this.installation.main, ...args], {
      cwd: this.folder,
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    onStart?.(child, () => stdout + stderr)
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    })
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export const secrets = {
  clientSecret: 'c11e47a5ec0e7f00dfeedbeefc0ffee5',
  loginKey: 'tNHKc1zhnRe5nq8TwVSRNGScMdwmXbosGNCpNoR3a8U',
  vaultKey: 'kKQMHW7l_gE07GescAGFveXmUr1NWBu3OmDh6L9got8',
} as const

export const goodEnv = {
  SPOTIFY_CLIENT_ID: '0123456789abcdef0123456789abcdef',
  SPOTIFY_CLIENT_SECRET: secrets.clientSecret,
  SPOTIFY_REDIRECT_URI: 'http://127.0.0.1:3000/callback',
  STAGEDOOR_LOGIN_KEYS: secrets.loginKey,
  STAGEDOOR_VAULT_KEY: secrets.vaultKey,
} as const

export const goodConfig = `
import { createVault, localKms } from 'stagedoor/vault'
import { sqliteStore } from 'stagedoor/stores/sqlite'

export const kms = localKms({ keyId: 'main', key: process.env.STAGEDOOR_VAULT_KEY })
export const vault = createVault({ kms })
export const store = sqliteStore('stagedoor.db')
`
