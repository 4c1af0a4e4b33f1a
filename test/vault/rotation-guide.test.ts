import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { base64url, randomBytes } from '../../src/internal/bytes.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { createVault, localKms, type Vault } from '../../src/vault/index.ts'
import { goodEnv, Workplace } from '../cli/support/command-line.ts'

const guide = readFileSync(new URL('../../docs/guides/key-rotation.md', import.meta.url), 'utf8')
const blocks = [...guide.matchAll(/^( *)```ts\n([\s\S]*?)^ *```$/gm)].map(([, , code = '']) => code)
const [readable, switched, leaked] = blocks.filter((code) => code.includes('createVault'))

const provider = 'spotify'
const owners = Array.from({ length: 30 }, (_, index) => `user-${index}`)
const binding = (ownerId: string, field: string) => ({ clientId: goodEnv.SPOTIFY_CLIENT_ID, provider, ownerId, field })

/** What the guide leaves out of its blocks: the imports, and the store. */
function configuration(block: string | undefined): string {
  return `
import { createVault, localKms } from 'stagedoor/vault'
import { sqliteStore } from 'stagedoor/stores/sqlite'

${(block ?? 'the guide has lost a block').replace(/Date\.UTC\([^)]*\)/, 'Date.now() - 1')}
export const store = sqliteStore('tokens.db')
`
}

async function seed(path: string, vault: Vault): Promise<void> {
  const store = sqliteStore(path)
  for (const ownerId of owners) {
    await store.compareAndSet({ provider, ownerId }, undefined, {
      provider,
      ownerId,
      account: '',
      app: 'app',
      revision: `first-${ownerId}`,
      scopes: [],
      accessToken: await vault.seal(`access ${ownerId}`, binding(ownerId, 'access')),
      refreshToken: await vault.seal(`refresh ${ownerId}`, binding(ownerId, 'refresh')),
      expiresAt: Date.now(),
      authorizedAt: Date.now(),
      status: 'connected',
      checkAt: Date.now(),
      nextCheckAt: Date.now(),
      createdAt: Date.now(),
      updatedAt: Date.now(),
    })
  }
  await store.close()
}

describe('the guide to key rotation', () => {
  test('leads from one key to the next, with its own configurations and commands', async () => {
    using workplace = new Workplace()
    const path = join(workplace.folder, 'tokens.db')
    const oldKey = base64url(randomBytes(32))
    await seed(path, createVault({ kms: localKms({ keyId: '2026', key: oldKey }) }))

    const made = await workplace.run(['keygen', '--only', 'vault'])
    const newKey = made.stdout.match(/^STAGEDOOR_VAULT_KEY=(\S+)$/m)?.[1] ?? ''
    const env = { ...goodEnv, VAULT_KEY_2026: oldKey, VAULT_KEY_2027: newKey }
    const stagedoor = async (...args: string[]) => {
      const { code, stdout, stderr } = await workplace.run([...args, '--json'], env)
      expect({ code, stderr }).toMatchObject({ code: 0 })
      return JSON.parse(stdout) as Record<string, unknown>
    }

    workplace.write('stagedoor.config.mjs', configuration(readable))
    expect(await stagedoor('rotate', '--dry-run')).toMatchObject({ key: '2026', total: 30, stale: 0 })

    workplace.write('stagedoor.config.mjs', configuration(switched))
    expect(await stagedoor('rotate', '--dry-run')).toMatchObject({ key: '2027', total: 30, stale: 30 })
    expect(await stagedoor('rotate')).toMatchObject({ key: '2027', done: 30, changed: 30, failed: 0 })
    expect(await stagedoor('rotate', '--dry-run')).toMatchObject({ stale: 0 })

    const vault = createVault({ kms: localKms({ keyId: '2027', key: newKey }) })
    const expectAllOpen = async (): Promise<Set<string>> => {
      const store = sqliteStore(path)
      const records = await store.list({ provider, limit: 100 })
      await store.close()
      for (const { ownerId, accessToken, refreshToken } of records) {
        expect(await vault.open(accessToken, binding(ownerId, 'access'))).toBe(`access ${ownerId}`)
        expect(await vault.open(refreshToken!, binding(ownerId, 'refresh'))).toBe(`refresh ${ownerId}`)
      }
      expect(records).toHaveLength(30)
      return new Set(records.map(({ accessToken }) => accessToken.dataKeyId))
    }
    const rewrapped = await expectAllOpen()

    workplace.write('stagedoor.config.mjs', configuration(leaked))
    expect(await stagedoor('rotate')).toMatchObject({ changed: 30, failed: 0 })
    const fresh = await expectAllOpen()
    expect([...fresh].some((dataKeyId) => rewrapped.has(dataKeyId))).toBe(false)
  }, 120_000)

  test('has the three configurations that the test above follows', () => {
    for (const block of [readable, switched, leaked]) expect(block).toContain('export const vault = createVault(')
    expect(readable).toMatch(/kms: localKms\(\{ keyId: '2026'/)
    expect(switched).toMatch(/kms: localKms\(\{ keyId: '2027'/)
    expect(leaked).toContain('notBefore')
  })
})
