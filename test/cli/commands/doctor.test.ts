import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createConnections } from '../../../src/connections/connections.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import { startFakeSpotify } from '../../../src/testing/server.ts'
import { createVault, localKms } from '../../../src/vault/index.ts'
import { brokenConfigurations } from '../support/broken-configurations.ts'
import { goodConfig, goodEnv, secrets, Workplace } from '../support/command-line.ts'

interface Diagnosis {
  readonly healthy: boolean
  readonly findings: readonly { check: string; status: string; code?: string; message: string; action?: string }[]
}

let refusing: Server
let refusingUrl: string

beforeAll(async () => {
  refusing = createServer((_, response) => {
    response.writeHead(403, { 'content-type': 'application/json' }).end('{"errors":["permission denied"]}')
  })
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', () => resolve()))
  refusingUrl = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`
})
afterAll(() => void refusing.close())

async function diagnose(workplace: Workplace, env: Readonly<Record<string, string | undefined>>, args: string[] = []) {
  const { code, stdout, stderr } = await workplace.run(['doctor', '--json', ...args], env)
  expect(stderr).toBe('')
  return { code, ...(JSON.parse(stdout) as Diagnosis) }
}

const problems = ({ findings }: Diagnosis) => findings.filter(({ status }) => status === 'problem')

/** Writes one connection to the store of a workplace. */
async function seed(
  workplace: Workplace,
  { keyId = 'main', key = secrets.vaultKey as string, clientId = goodEnv.SPOTIFY_CLIENT_ID as string, ahead = 0 },
): Promise<void> {
  const now = () => Date.now() + ahead
  const store = sqliteStore(join(workplace.folder, 'stagedoor.db'), { now })
  const vault = createVault({ kms: localKms({ keyId, key }), now })
  const connections = createConnections({
    provider: spotifyProvider,
    clientId,
    redirectUri: goodEnv.SPOTIFY_REDIRECT_URI,
    loginKeys: [secrets.loginKey],
    store,
    vault,
    now,
  })
  const tokens = { accessToken: 'access', refreshToken: 'refresh', expiresAt: now() + 3_600_000, scopes: [] }
  await connections.adopt({ ownerId: 'ann', tokens, accountId: 'ann' })
  await connections.close()
  await store.close()
}

describe('stagedoor doctor', () => {
  it('finds nothing wrong with a good configuration, and exits with 0', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', goodConfig)
    const { code, healthy, findings } = await diagnose(workplace, goodEnv)
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual([
      'runtime',
      'client id',
      'redirect uri',
      'login keys',
      'config file',
      'options',
      'kms',
      'vault',
      'store',
      'connections',
      'clock',
    ])
    expect({ code, healthy }).toEqual({ code: 0, healthy: true })
  })

  it.each(brokenConfigurations)('explains $name in one line', async ({ env = {}, config, check, code, text }) => {
    using workplace = new Workplace()
    if (config !== undefined) {
      const source = config.replace('KMS_URL', refusingUrl).replace('KYSELY', import.meta.resolve('kysely'))
      workplace.write('stagedoor.config.mjs', source)
    }
    const diagnosis = await diagnose(workplace, { ...goodEnv, ...env })
    expect(diagnosis.code).toBe(1)
    const [finding, ...others] = problems(diagnosis)
    expect({ check: finding?.check, code: finding?.code, others }).toEqual({ check, code, others: [] })
    expect(finding?.action).toBeTruthy()
    const line = `${finding?.message} ${finding?.action}`
    expect(line).toMatch(text)
    expect(line).not.toContain('\n')
  })

  it('explains it in one line without --json, too', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', goodConfig)
    const { code, stdout } = await workplace.run(['doctor'], { ...goodEnv, SPOTIFY_CLIENT_ID: '' })
    expect(code).toBe(1)
    expect(stdout.split('\n').filter((line) => line.startsWith('✗'))).toEqual([
      expect.stringMatching(/^✗ client id {4}CONFIG_MISSING: SPOTIFY_CLIENT_ID is not set\. Copy .* dashboard\.$/),
    ])
    expect(stdout).toContain('1 problem to fix.')
  })

  it.each([
    ['a key that was removed', { keyId: 'older' }, 'connections', 'VAULT_KEY_UNKNOWN', /rotate/],
    [
      'another key of the same name',
      { key: secrets.loginKey },
      'connections',
      'VAULT_DECRYPT_FAILED',
      /Compare the key/,
    ],
    ['another client id', { clientId: 'f'.repeat(32) }, 'connections', 'VAULT_DECRYPT_FAILED', /client id/],
    ['a clock that is ahead', { ahead: 120_000 }, 'clock', 'CLOCK_SKEW', /1(1\d|20) s in the future.*NTP/],
  ])('explains connections that were stored with %s', async (_, mistake, check, code, text) => {
    using workplace = new Workplace()
    await seed(workplace, mistake)
    workplace.write('stagedoor.config.mjs', goodConfig)
    const diagnosis = await diagnose(workplace, goodEnv)
    expect(diagnosis.code).toBe(1)
    expect(problems(diagnosis)).toEqual([expect.objectContaining({ check, code })])
    expect(`${problems(diagnosis)[0]?.message} ${problems(diagnosis)[0]?.action}`).toMatch(text)
  })

  it('checks the client with Spotify for --online, and reports a wrong client secret', async () => {
    const clients = [{ clientId: goodEnv.SPOTIFY_CLIENT_ID, clientSecret: goodEnv.SPOTIFY_CLIENT_SECRET }]
    const server = await startFakeSpotify({ clients })
    using workplace = new Workplace()
    const endpoints = JSON.stringify(server.endpoints)
    workplace.write('stagedoor.config.mjs', `${goodConfig}export const endpoints = ${endpoints}\n`)
    try {
      expect(await diagnose(workplace, goodEnv, ['--online'])).toMatchObject({ healthy: true, code: 0 })
      const wrong = { ...goodEnv, SPOTIFY_CLIENT_SECRET: 'd0e5n0tf1t' }
      expect(problems(await diagnose(workplace, wrong, ['--online']))).toEqual([
        expect.objectContaining({ check: 'spotify', code: 'CONFIG_CLIENT_REJECTED' }),
      ])
    } finally {
      await server.close()
    }
  })

  it('shows no secret, even if the configuration file quotes one', async () => {
    using workplace = new Workplace()
    workplace.write(
      'stagedoor.config.mjs',
      "throw new Error('bad url ' + process.env.DATABASE_URL + ' with ' + process.env.SPOTIFY_CLIENT_SECRET)",
    )
    const env = { ...goodEnv, DATABASE_URL: 'postgres://app:hunter22@db.example/app' }
    for (const args of [['doctor'], ['doctor', '--json'], ['status'], ['status', '--json'], ['rotate']]) {
      const { stdout, stderr } = await workplace.run(args, env)
      expect(stdout + stderr).toContain('[DATABASE_URL] with [SPOTIFY_CLIENT_SECRET]')
      for (const secret of [...Object.values(secrets), 'hunter22']) expect(stdout + stderr).not.toContain(secret)
    }
  })
})
