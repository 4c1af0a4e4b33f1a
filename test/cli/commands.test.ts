import { once } from 'node:events'
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFakeSpotify } from '../../src/testing/server.ts'
import { available, urls } from '../support/services.ts'
import { goodConfig, goodEnv, secrets, Workplace } from './support/command-line.ts'

const redisRuns = await available('redis')
const key = /^[\w-]{43}$/

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('stagedoor keygen', () => {
  it('prints two different keys as lines of an environment file', async () => {
    using workplace = new Workplace()
    const { code, stdout, stderr } = await workplace.run(['keygen'])
    const keys = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    )
    expect({ code, stderr, names: Object.keys(keys) }).toEqual({
      code: 0,
      stderr: '',
      names: ['STAGEDOOR_LOGIN_KEYS', 'STAGEDOOR_VAULT_KEY'],
    })
    expect(keys.STAGEDOOR_LOGIN_KEYS).toMatch(key)
    expect(keys.STAGEDOOR_VAULT_KEY).toMatch(key)
    expect(keys.STAGEDOOR_LOGIN_KEYS).not.toBe(keys.STAGEDOOR_VAULT_KEY)
  })

  it('generates keys that the doctor accepts, also from a file that it wrote', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', goodConfig)
    workplace.write('.env', `SPOTIFY_CLIENT_ID=${'a'.repeat(32)}\nSPOTIFY_REDIRECT_URI=https://app.example/callback`)
    chmodSync(join(workplace.folder, '.env'), 0o600)
    const keygen = await workplace.run(['keygen', '--out', '.env', '--json'])
    expect(JSON.parse(keygen.stdout)).toEqual({ written: ['STAGEDOOR_LOGIN_KEYS', 'STAGEDOOR_VAULT_KEY'] })
    expect(readFileSync(join(workplace.folder, '.env'), 'utf8').split('\n')).toHaveLength(5)
    const { code, stdout } = await workplace.run(['doctor', '--env', '.env'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('No problems found') })
  })

  it('creates a file that only its owner can read, and never changes an existing key', async () => {
    using workplace = new Workplace()
    await workplace.run(['keygen', '--only', 'vault', '--out', 'keys.env'])
    const path = join(workplace.folder, 'keys.env')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const before = readFileSync(path, 'utf8')
    expect(await workplace.run(['keygen', '--out', 'keys.env'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^stagedoor: KEY_PRESENT: The file already sets STAGEDOOR_VAULT_KEY\. /),
    })
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  it('refuses a file that others can read, and with --force makes it private', async () => {
    using workplace = new Workplace()
    const path = workplace.write('.env', 'PORT=3000\n')
    chmodSync(path, 0o644)
    expect(await workplace.run(['keygen', '--out', '.env'])).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr:
        'stagedoor: OUT_FILE: .env is open to other users of this machine (mode 0644). ' +
        'Run "chmod 600 .env" first, or let --force do it.\n',
    })
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['PORT=3000\n', 0o644])
    const warning = '.env was open to other users of this machine (mode 0644). Its mode is now 0600.'
    expect(await workplace.run(['keygen', '--out', '.env', '--only', 'vault', '--force'])).toMatchObject({
      code: 0,
      stderr: `Warning: ${warning}\n`,
    })
    expect(readFileSync(path, 'utf8')).toMatch(/^PORT=3000\nSTAGEDOOR_VAULT_KEY=[\w-]{43}\n$/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    chmodSync(path, 0o644)
    const again = await workplace.run(['keygen', '--out', '.env', '--only', 'login', '--force', '--json'])
    expect(JSON.parse(again.stdout)).toEqual({ written: ['STAGEDOOR_LOGIN_KEYS'], warnings: [warning] })
  })
})

describe('stagedoor migrate', () => {
  it('creates the tables that the other commands need, and can be repeated', async () => {
    using workplace = new Workplace()
    workplace.write('dialect.mjs', sqliteDialect)
    workplace.write('stagedoor.config.mjs', sqlConfig)
    expect(await workplace.run(['status', '--json'], goodEnv)).toMatchObject({ code: 4 })
    for (const _ of [1, 2]) {
      const { code, stdout } = await workplace.run(['migrate', '--json'], goodEnv)
      expect({ code, result: JSON.parse(stdout) }).toEqual({ code: 0, result: { migrated: true, ready: true } })
    }
    expect(await workplace.run(['status', '--json'], goodEnv)).toMatchObject({ code: 0 })
  })

  it('reports that a store without migrations is ready', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', goodConfig)
    const { code, stdout } = await workplace.run(['migrate'], goodEnv)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'This store needs no migration; it is ready.\n' })
  })
})

describe('stagedoor login', () => {
  it('signs in over a loopback redirect, ignores forged callbacks, stores the connection and shows no token', async () => {
    const server = await startFakeSpotify({ users: [{ id: 'ann', displayName: 'Ann' }] })
    using workplace = new Workplace()
    const port = await freePort()
    const redirectUri = `http://127.0.0.1:${port}/callback`
    const env = { ...goodEnv, SPOTIFY_REDIRECT_URI: redirectUri }
    workplace.write(
      'stagedoor.config.mjs',
      `${goodConfig}export const endpoints = ${JSON.stringify(server.endpoints)}\n`,
    )
    let pages: Promise<number[]> | undefined
    const { code, stdout, stderr } = await workplace.run(['login', '--owner', 'script', '--json'], env, (child) => {
      let seen = ''
      child.stderr?.on('data', async (text: string) => {
        seen += text
        const url = /http\S+\n/.exec(seen)?.[0]
        if (url === undefined || pages !== undefined) return
        pages = (async () => {
          const forged = await fetch(`${redirectUri}?code=forged&state=forged`)
          const elsewhere = await fetch(`http://127.0.0.1:${port}/favicon.ico`)
          const real = await fetch(await server.fake.approve(url.trim(), { user: 'ann' }))
          return [forged.status, elsewhere.status, real.status]
        })()
      })
    })
    await server.close()
    expect(await pages).toEqual([400, 404, 200])
    expect({ code, result: JSON.parse(stdout) }).toEqual({
      code: 0,
      result: expect.objectContaining({ ownerId: 'script', accountName: 'Ann' }),
    })
    for (const { value } of server.fake.tokens) expect(stdout + stderr).not.toContain(value)
    const status = await workplace.run(['status', '--json'], env)
    expect(JSON.parse(status.stdout)).toMatchObject({ total: 1, health: { healthy: 1 }, keys: { main: 2 }, stale: 0 })
  })

  it('refuses a redirect URI that is not on a loopback address', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', goodConfig)
    const env = { ...goodEnv, SPOTIFY_REDIRECT_URI: 'https://app.example/callback' }
    const { code, stdout } = await workplace.run(['login', '--owner', 'script', '--json'], env)
    expect({ code, error: JSON.parse(stdout).error.code }).toEqual({ code: 3, error: 'NOT_LOOPBACK' })
  })

  it('gives up after --timeout', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', goodConfig)
    const env = { ...goodEnv, SPOTIFY_REDIRECT_URI: `http://127.0.0.1:${await freePort()}/callback` }
    const { code, stderr } = await workplace.run(['login', '--owner', 'script', '--timeout', '1'], env)
    expect({ code, stderr }).toEqual({ code: 6, stderr: expect.stringContaining('LOGIN_TIMEOUT') })
  })
})

describe('stagedoor fake', () => {
  it('serves a fake Spotify until it is interrupted', async () => {
    using workplace = new Workplace()
    let response: Promise<number> | undefined
    const { code, stdout } = await workplace.run(['fake', '--port', '0', '--json'], {}, (child) => {
      let seen = ''
      child.stdout?.on('data', async (text: string) => {
        seen += text
        if (response !== undefined || !seen.includes('\n}\n')) return
        response = fetch(`${JSON.parse(seen).endpoints.api}/me`).then(({ status }) => status)
        await response
        child.kill('SIGINT')
      })
    })
    expect({ code, status: await response }).toEqual({ code: 0, status: 401 })
    expect(Object.keys(JSON.parse(stdout).endpoints)).toEqual(['authorization', 'token', 'api'])
  })

  it('reports when its port is taken', async () => {
    const server = await startFakeSpotify()
    using workplace = new Workplace()
    const { code, stderr } = await workplace.run(['fake', '--port', new URL(server.url).port])
    await server.close()
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/PORT_TAKEN: .* Choose another with --port/),
    })
  })
})

describe('the configuration file', () => {
  it('may be TypeScript with a default export', async () => {
    using workplace = new Workplace()
    workplace.write(
      'stagedoor.config.ts',
      `import { createVault, localKms } from 'stagedoor/vault'
import { sqliteStore } from 'stagedoor/stores/sqlite'
const key: string | undefined = process.env.STAGEDOOR_VAULT_KEY
export default { vault: createVault({ kms: localKms({ keyId: 'main', key }) }), store: sqliteStore('stagedoor.db') }
`,
    )
    expect(await workplace.run(['status'], goodEnv)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Connections: 0'),
    })
  })

  it('may have another name, and export options that the environment then need not set', async () => {
    using workplace = new Workplace()
    const { SPOTIFY_CLIENT_ID, SPOTIFY_REDIRECT_URI, STAGEDOOR_LOGIN_KEYS, ...env } = goodEnv
    workplace.write(
      'keys.mjs',
      `${goodConfig}export const clientId = '${SPOTIFY_CLIENT_ID}'
export const redirectUri = '${SPOTIFY_REDIRECT_URI}'
export const loginKeys = [Buffer.from('${STAGEDOOR_LOGIN_KEYS}', 'base64url')]
`,
    )
    expect(await workplace.run(['doctor', '--config', 'keys.mjs'], env)).toMatchObject({ code: 0 })
    expect(await workplace.run(['doctor', '--config', 'none.mjs'], env)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('There is no file none.mjs.'),
    })
  })
})

describe('a configuration with open clients', () => {
  it('does not keep a command from ending', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', `${goodConfig}setInterval(() => {}, 1000)\n`)
    expect(await workplace.run(['status'], goodEnv)).toMatchObject({ code: 0 })
  })

  it.skipIf(!redisRuns)('is checked over Redis, and leaves nothing there', async () => {
    const prefix = `stagedoor-cli-${crypto.randomUUID()}:`
    using workplace = new Workplace()
    workplace.write(
      'stagedoor.config.mjs',
      `import { Redis } from '${import.meta.resolve('ioredis')}'
import { createVault, localKms } from 'stagedoor/vault'
import { redisStore } from 'stagedoor/stores/redis'
export const vault = createVault({ kms: localKms({ keyId: 'main', key: process.env.STAGEDOOR_VAULT_KEY }) })
export const store = redisStore({ client: new Redis('${urls.redis}'), prefix: '${prefix}' })
`,
    )
    expect(await workplace.run(['doctor'], goodEnv)).toMatchObject({ code: 0 })
    const { Redis } = await import('ioredis')
    const redis = new Redis(urls.redis)
    const left = await redis.keys(`${prefix}*`)
    if (left.length > 0) await redis.del(...left)
    await redis.quit()
    expect(left).toEqual([])
  })
})

describe('every command', () => {
  const commands = ['keygen', 'doctor', 'migrate', 'status', 'rotate', 'login', 'fake']

  it.each([
    [['nonsense'], /unknown command 'nonsense'/],
    [['doctor', '--verbose'], /unknown option '--verbose'/],
    [['fake', '--port', '70000'], /whole number from 0 to 65535/],
    [['login'], /required option '--owner <id>' not specified/],
    [['doctor', '--env', 'none.env'], /none\.env cannot be read/],
  ])('ends with 2 for %j', async (args, message) => {
    using workplace = new Workplace()
    expect(await workplace.run(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
  })

  it('has help, --json and --config', async () => {
    using workplace = new Workplace()
    const { code, stdout } = await workplace.run(['--help'])
    expect(code).toBe(0)
    for (const command of commands) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
      const help = await workplace.run([command, '--help'])
      expect(help.stdout).toMatch(/--json[\s\S]*--config/)
    }
  })

  it('reports a failure as JSON, with the exit code of its class', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', goodConfig)
    for (const command of ['status', 'rotate']) {
      const { code, stdout, stderr } = await workplace.run([command, '--json'], { ...goodEnv, SPOTIFY_CLIENT_ID: '' })
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' })
      expect(JSON.parse(stdout).error).toMatchObject({
        code: 'CONFIG_MISSING',
        message: expect.stringContaining('SPOTIFY_CLIENT_ID'),
      })
    }
  })

  it('takes no secret as an argument', async () => {
    using workplace = new Workplace()
    for (const command of commands) {
      const { stdout } = await workplace.run([command, '--help'])
      expect(stdout).not.toMatch(/--(secret|key|token|password|client-secret)\b/)
      for (const secret of Object.values(secrets)) expect(stdout).not.toContain(secret)
    }
  })
})

const sqliteDialect = `
import { DatabaseSync } from 'node:sqlite'
import { SqliteDialect } from '${import.meta.resolve('kysely')}'
const file = new DatabaseSync('tables.db')
const database = {
  close: () => file.close(),
  prepare(sql) {
    const statement = file.prepare(sql)
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...parameters),
      run: (parameters) => statement.run(...parameters),
    }
  },
}
export const dialect = new SqliteDialect({ database })
`

const sqlConfig = `
import { Kysely } from '${import.meta.resolve('kysely')}'
import { dialect } from './dialect.mjs'
import { createVault, localKms } from 'stagedoor/vault'
import { sqlStore } from 'stagedoor/stores/sql'
export const vault = createVault({ kms: localKms({ keyId: 'main', key: process.env.STAGEDOOR_VAULT_KEY }) })
export const store = sqlStore({ db: new Kysely({ dialect }) })
`
