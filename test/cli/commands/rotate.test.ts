import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import type { StoredConnection } from '../../../src/stores/store.ts'
import { createVault, localKms } from '../../../src/vault/index.ts'
import { goodEnv, secrets, Workplace } from '../support/command-line.ts'

const newKey = randomBytes(32).toString('base64url')
/** Few, to keep the test short; set `ROTATE_CONNECTIONS=100000` for a rotation of realistic size. */
const count = Number(process.env.ROTATE_CONNECTIONS ?? 1200)
const timeout = Math.max(60_000, count * 10)

const binding = (ownerId: string, field: string) => ({
  clientId: goodEnv.SPOTIFY_CLIENT_ID,
  provider: 'spotify',
  ownerId,
  field,
})

const oldKms = localKms({ keyId: 'old', key: secrets.vaultKey })
const rotateConfig = `
import { createVault, localKms } from 'stagedoor/vault'
import { sqliteStore } from 'stagedoor/stores/sqlite'
export const kms = localKms({ keyId: 'new', key: process.env.STAGEDOOR_NEW_KEY })
const retired = [localKms({ keyId: 'old', key: process.env.STAGEDOOR_VAULT_KEY })]
export const vault = createVault({ kms, retired })
export const store = sqliteStore('stagedoor.db')
`
const env = { ...goodEnv, STAGEDOOR_NEW_KEY: newKey }

/** Writes connections under the old key, enough that a rotation of them can be killed in the middle. */
async function fill(workplace: Workplace, count: number): Promise<void> {
  const store = sqliteStore(join(workplace.folder, 'stagedoor.db'))
  const vault = createVault({ kms: oldKms })
  const at = Date.now()
  for (let index = 0; index < count; index++) {
    const ownerId = `owner-${String(index).padStart(6, '0')}`
    const record: StoredConnection = {
      provider: 'spotify',
      ownerId,
      account: '',
      app: 'app',
      revision: `revision-${index}`,
      scopes: [],
      accessToken: await vault.seal(`access ${ownerId}`, binding(ownerId, 'access')),
      refreshToken: await vault.seal(`refresh ${ownerId}`, binding(ownerId, 'refresh')),
      expiresAt: at + 3_600_000,
      authorizedAt: at,
      status: 'connected',
      checkAt: at + 3_600_000,
      nextCheckAt: at + 3_600_000,
      createdAt: at,
      updatedAt: at,
    }
    await store.compareAndSet(record, undefined, record)
  }
  await store.close()
}

async function readAll(workplace: Workplace): Promise<readonly StoredConnection[]> {
  const store = sqliteStore(join(workplace.folder, 'stagedoor.db'))
  const records: StoredConnection[] = []
  for (;;) {
    const page = await store.list({ provider: 'spotify', after: records.at(-1)?.ownerId, limit: 1000 })
    records.push(...page)
    if (page.length < 1000) break
  }
  await store.close()
  return records
}

const underOld = (records: readonly StoredConnection[]) =>
  records.filter(({ accessToken, refreshToken }) => accessToken.keyId === 'old' || refreshToken?.keyId === 'old').length

describe('stagedoor rotate', () => {
  it('counts with --dry-run and changes nothing', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', rotateConfig)
    await fill(workplace, 20)
    const before = await readAll(workplace)
    const { code, stdout } = await workplace.run(['rotate', '--dry-run', '--json'], env)
    expect({ code, result: JSON.parse(stdout) }).toEqual({
      code: 0,
      result: { dryRun: true, key: 'new', total: 20, stale: 20 },
    })
    expect(await readAll(workplace)).toEqual(before)
  })

  it('is killed in the middle, continues when run again, and leaves everything on the new key', {
    timeout,
  }, async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', rotateConfig)
    await fill(workplace, count)
    const killed = await workplace.run(['rotate', '--page-size', '20'], env, (child, output) => {
      // The first line of progress is printed after the first page.
      child.stderr?.on('data', () => {
        if (new RegExp(`\\d+/${count}, \\d+ per second, .* left`).test(output())) child.kill('SIGKILL')
      })
    })
    expect(killed.signal).toBe('SIGKILL')
    const halfway = underOld(await readAll(workplace))
    expect(halfway).toBeGreaterThan(0)
    expect(halfway).toBeLessThan(count)

    const { code, stdout } = await workplace.run(['rotate', '--json'], env)
    expect({ code, result: JSON.parse(stdout) }).toMatchObject({
      code: 0,
      result: { key: 'new', done: count, changed: halfway, failed: 0, total: count },
    })
    const records = await readAll(workplace)
    expect({ count: records.length, underOld: underOld(records) }).toEqual({ count, underOld: 0 })
    const vault = createVault({ kms: localKms({ keyId: 'new', key: newKey }) })
    for (const { ownerId, accessToken, refreshToken } of [records[0]!, records[count - 1]!]) {
      expect(await vault.open(accessToken, binding(ownerId, 'access'))).toBe(`access ${ownerId}`)
      expect(await vault.open(refreshToken!, binding(ownerId, 'refresh'))).toBe(`refresh ${ownerId}`)
    }
  })

  it('stops at Ctrl-C, reports what it did, and exits with 130', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', rotateConfig)
    await fill(workplace, 1000)
    const { code, stdout, stderr } = await workplace.run(['rotate', '--page-size', '20'], env, (child, output) => {
      let killed = false
      child.stderr?.on('data', () => {
        if (!killed && /\d+\/1000/.test(output())) killed = child.kill('SIGINT')
      })
    })
    expect({ code, stdout }).toEqual({
      code: 130,
      stdout: expect.stringMatching(/^\d+ connections were moved so far\.\n$/),
    })
    expect(stderr).toContain('Run the same command again to continue.')
  })

  it('skips a connection that cannot be decrypted, moves the others, and exits with 1', async () => {
    using workplace = new Workplace()
    workplace.write('stagedoor.config.mjs', rotateConfig)
    await fill(workplace, 10)
    const store = sqliteStore(join(workplace.folder, 'stagedoor.db'))
    const [record] = await store.list({ provider: 'spotify', limit: 1 })
    const token = { ...record!.accessToken, keyId: 'lost' }
    await store.compareAndSet(record!, record!.revision, { ...record!, accessToken: token, revision: 'tampered' })
    await store.close()
    const { code, stdout } = await workplace.run(['rotate', '--json'], env)
    expect({ code, result: JSON.parse(stdout) }).toMatchObject({
      code: 1,
      result: { changed: 9, failed: 1, failures: { VAULT_KEY_UNKNOWN: 1 } },
    })
  })
})
