import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { StoreError, VaultError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { createVault, localKms, type VaultOptions } from '../../../src/vault/index.ts'
import { scriptedKms } from '../../vault/support/scripted-kms.ts'
import { createWorld, vaultKey } from '../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-shared-key-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

/** Each call gives the store of one more process. */
const stores: Readonly<Record<string, () => () => TokenStore>> = {
  memory() {
    const store = memoryStore()
    return () => store
  },
  SQLite() {
    const path = join(folder, `${files++}.db`)
    return () => sqliteStore(path)
  },
}

function functions(open: () => TokenStore, options: Partial<VaultOptions> = {}) {
  const kms = scriptedKms('main', localKms({ keyId: 'main', key: vaultKey }))
  const store = open()
  const world = createWorld({ store, vault: createVault({ kms }), now: Date.now })
  let users = 0
  /** A process that signs one user in and ends. */
  const signIn = async (): Promise<void> => {
    const vault = createVault({ kms, ...options })
    const connections = world.another({ vault, store: open() })
    const expiresAt = Date.now() + 3_600_000
    const tokens = { accessToken: 'access', refreshToken: 'refresh', expiresAt, scopes: [] }
    await connections.adopt({ ownerId: `user-${users++}`, tokens })
  }
  const dataKeys = async (): Promise<number> => {
    const records = await store.list({ provider: 'spotify', limit: 1000 })
    expect(records).toHaveLength(users)
    return new Set(records.map(({ accessToken }) => accessToken.dataKeyId)).size
  }
  return { kms, store, signIn, dataKeys }
}

describe.each(Object.entries(stores))('cold processes that share a store: %s', (_, make) => {
  test('fifty that each sign one user in at once end with at most two data keys in use', async () => {
    const { signIn, dataKeys } = functions(make())
    await Promise.all(Array.from({ length: 50 }, signIn))
    expect(await dataKeys()).toBeLessThanOrEqual(2)
  })

  test('fifty that follow one another make one data key', async () => {
    const { kms, signIn, dataKeys } = functions(make())
    for (let index = 0; index < 50; index++) await signIn()
    expect(await dataKeys()).toBe(1)
    expect(kms.calls.filter((call) => call === 'wrap')).toHaveLength(1)
  })
})

describe('a data key in the shared state', () => {
  const stateOf = ({ state }: TokenStore): NonNullable<TokenStore['state']> => {
    if (state === undefined) throw new Error('the store has no state')
    return state
  }
  const memory = (): (() => TokenStore) => stores.memory?.() ?? memoryStore

  test.each([
    ['with `adopt: false`', { adopt: false }],
    [
      'under a KEK that anyone can wrap for',
      { kms: { ...localKms({ keyId: 'rsa', key: vaultKey }), forgeable: true } },
    ],
  ])('is neither read nor written %s', async (_, options) => {
    const { store, signIn, dataKeys } = functions(memory(), options)
    let touched = 0
    for (const method of ['load', 'compareAndSet'] as const) {
      stateOf(store)[method] = async () => {
        touched++
        return undefined
      }
    }
    await signIn()
    await signIn()
    expect([touched, await dataKeys()]).toEqual([0, 2])
  })

  test('is done without when the state fails', async () => {
    const { store, signIn, dataKeys } = functions(memory())
    stateOf(store).load = () => Promise.reject(new StoreError('STORE_UNAVAILABLE', 'No.'))
    await signIn()
    await signIn()
    expect(await dataKeys()).toBe(2)
  })

  test.each([
    ['is no text', new Uint8Array([0xff])],
    ['is no object', Buffer.from('[]')],
    ['is no data key', Buffer.from('{"keyId":"main","dataKeyId":"x","encryptedKey":"y"}')],
  ])('that %s is replaced', async (_, bytes) => {
    const { store, signIn, dataKeys } = functions(memory())
    const { load } = stateOf(store)
    let names: string | undefined
    stateOf(store).load = async (key) => {
      if (names === undefined) {
        names = key
        await stateOf(store).compareAndSet(key, undefined, bytes, 8.64e15)
      }
      return await load(key)
    }
    await signIn()
    await signIn()
    expect(await dataKeys()).toBe(1)
    expect(names).toMatch(/^data-key:spotify:[\w-]{24}$/)
  })

  test.each([
    ['a process that has none yet', false],
    ['a process that has one', true],
  ])('that cannot be unwrapped now stops no sign-in where sealing works: %s', async (_, warm) => {
    const open = memory()
    const kms = scriptedKms('main', localKms({ keyId: 'main', key: vaultKey }))
    let at = Date.UTC(2026, 10, 1)
    const now = () => at
    const world = createWorld({ store: open(), vault: createVault({ kms, now }), now })
    const cold = () => world.another({ vault: createVault({ kms, now, timeout: 300 }), store: open() })
    const adopt = (connections: ReturnType<typeof cold>, ownerId: string) => {
      const tokens = { accessToken: 'access', refreshToken: 'refresh', expiresAt: at + 3_600_000, scopes: [] }
      return connections.adopt({ ownerId, tokens })
    }
    const process = cold()
    const { state } = open()
    if (state === undefined) throw new Error('the store has no state')
    if (warm) {
      const { load } = state
      state.load = () => Promise.reject(new StoreError('STORE_UNAVAILABLE', 'No.'))
      await adopt(process, 'first')
      state.load = load
      at += 60_000
    }
    await adopt(cold(), 'another')
    kms.before = (operation) => {
      if (operation === 'unwrap') throw new VaultError('VAULT_KMS_UNAVAILABLE', 'No.')
    }
    await adopt(process, 'second')
    const calls = kms.calls.length
    await adopt(process, 'third')
    expect(kms.calls.length).toBe(calls)
    // It has been replaced by one that unwraps.
    kms.before = () => {}
    await adopt(cold(), 'fourth')
    const records = await open().list({ provider: 'spotify', limit: 9 })
    const keyOf = (owner: string) => records.find(({ ownerId }) => ownerId === owner)?.accessToken.dataKeyId
    expect(keyOf('fourth')).toBe(keyOf('third') ?? 'none')
  })
})
