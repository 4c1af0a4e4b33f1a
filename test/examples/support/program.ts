import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const preload = fileURLToPath(new URL('./preload.mjs', import.meta.url))

/** A program as a person starts it, in a process of its own, with a fake Spotify in place of the real one. */
export interface Program {
  /** Everything it has printed so far. */
  output(): string
  /** Resolves once the output matches; rejects when the program ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** Writes a line to the program's standard input. */
  type(line: string): void
  /** The exit code, once the program has ended by itself. */
  ended: Promise<number | null>
  stop(): Promise<void>
}

export interface ProgramOptions {
  readonly cwd: string
  /** The fake's URL. */
  readonly fake: string
  readonly port: number
  /** @default the callback below the default base path */
  readonly redirectPath?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export function startProgram(entry: string, options: ProgramOptions): Program {
  const { cwd, fake, port, redirectPath = '/api/v1/spotify/callback', env = {} } = options
  const { PATH = '', HOME = '' } = process.env
  const child: ChildProcess = spawn(process.execPath, ['--no-warnings', '--import', preload, entry], {
    cwd,
    env: {
      PATH,
      HOME,
      FAKE_SPOTIFY: fake,
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: String(port),
      SPOTIFY_CLIENT_ID: 'test-client',
      SPOTIFY_REDIRECT_URI: `http://127.0.0.1:${port}${redirectPath}`,
      STAGEDOOR_LOGIN_KEYS: randomBytes(32).toString('base64url'),
      STAGEDOOR_VAULT_KEY: randomBytes(32).toString('base64url'),
      ...env,
    },
  })
  let output = ''
  const read = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    output: () => output,
    ended,
    printed(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output)
          if (found !== null) resolve(found)
        }
        child.stdout?.on('data', look)
        child.stderr?.on('data', look)
        child.once('close', (code) => reject(new Error(`The program ended with ${code}: ${output}`)))
        look()
      })
    },
    type: (line) => void child.stdin?.write(`${line}\n`),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
