import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { VaultError, type VaultErrorCode } from '../../src/errors.ts'
import { createVault, type VaultOptions } from '../../src/vault/index.ts'
import { scriptedKms } from './support/scripted-kms.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }
const minute = 60_000
const hour = 60 * minute

function setup(options: Partial<VaultOptions> = {}) {
  const kms = scriptedKms()
  const vault = (more: Partial<VaultOptions> = {}) => createVault({ kms, ...options, ...more })
  return { kms, vault }
}

describe('opened data keys end by time', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('one timer serves all of them, and none is left when they are gone', async () => {
    const { vault } = setup({ rotateAfter: 2 * hour })
    const tokens = []
    for (let index = 0; index < 20; index++) tokens.push(await vault().seal('a token', binding))
    vi.clearAllTimers()
    const other = vault()
    for (const token of tokens) await other.open(token, binding)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(hour)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('the data key that seals goes when it is over age', async () => {
    const { vault } = setup({ rotateAfter: 3 * hour })
    const one = vault()
    await one.seal('a token', binding)
    await vi.advanceTimersByTimeAsync(3 * hour - 1)
    expect(one.activeKey()).toBeDefined()
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('rewrapping does not keep them for longer', async () => {
    const old = scriptedKms('old')
    const kms = scriptedKms('new')
    const token = await createVault({ kms: old }).seal('a token', binding)
    const vault = createVault({ kms, retired: [old] })
    await vault.open(token, binding)
    await vi.advanceTimersByTimeAsync(hour - minute)
    const moved = await vault.rewrap(token)
    await vault.open(moved, binding)
    expect(kms.calls).toEqual(['wrap'])
    await vi.advanceTimersByTimeAsync(minute)
    await vault.open(moved, binding)
    expect(kms.calls).toEqual(['wrap', 'unwrap'])
  })

  test('a clock of the application’s own that stands still keeps them', async () => {
    const { kms, vault } = setup({ now: () => 0 })
    const token = await vault().seal('a token', binding)
    const other = vault()
    await other.open(token, binding)
    await vi.advanceTimersByTimeAsync(3 * hour)
    await other.open(token, binding)
    expect(kms.calls).toEqual(['wrap', 'unwrap'])
  })
})

describe('close', () => {
  test('drops every key; a later call gets its key from the KMS again', async () => {
    const { kms, vault } = setup()
    const one = vault()
    const token = await one.seal('a token', binding)
    one.close()
    expect([one.activeKey(), one.dataKeyCreatedAt]).toEqual([undefined, undefined])
    expect(await one.open(token, binding)).toBe('a token')
    expect(kms.calls).toEqual(['wrap', 'unwrap'])
  })

  test('leaves no timer, and a call of the KMS that was under way leaves no key', async () => {
    vi.useFakeTimers()
    try {
      const { kms, vault } = setup()
      const token = await vault().seal('a token', binding)
      vi.clearAllTimers()
      const other = vault()
      kms.before = () => other.close()
      expect(await other.open(token, binding)).toBe('a token')
      await other.seal('another', binding)
      expect(other.activeKey()).toBeUndefined()
      expect(vi.getTimerCount()).toBe(0)
      kms.before = () => {}
      await other.open(token, binding)
      expect(kms.calls).toEqual(['wrap', 'unwrap', 'unwrap', 'unwrap'])
      vi.clearAllTimers()
      const third = vault()
      kms.before = () => third.close()
      expect(await third.offer(token)).toBe(false)
      expect(third.activeKey()).toBeUndefined()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a wrapped key that does not unwrap', () => {
  const failing = async (code: VaultErrorCode) => {
    let at = Date.now()
    const { kms, vault } = setup({ now: () => at, timeout: 300 })
    const token = await vault().seal('a token', binding)
    const other = vault()
    kms.before = () => {
      throw new VaultError(code, 'No.')
    }
    for (let round = 0; round < 3; round++) await expect(other.open(token, binding)).rejects.toMatchObject({ code })
    const calls = kms.calls.filter((call) => call === 'unwrap').length
    kms.before = () => {}
    return {
      calls,
      open: () => other.open(token, binding),
      rewrap: () => other.rewrap(token),
      pass: () => (at += minute),
    }
  }

  test.each(['VAULT_DECRYPT_FAILED', 'VAULT_KEY_DISABLED', 'VAULT_KEY_UNKNOWN', 'VAULT_MALFORMED'] as const)(
    'with %s is not asked for again within a minute',
    async (code) => {
      const { calls, open, rewrap, pass } = await failing(code)
      expect(calls).toBe(1)
      await expect(open()).rejects.toMatchObject({ code })
      await expect(rewrap()).resolves.toBeDefined()
      pass()
      expect(await open()).toBe('a token')
    },
  )

  test('for want of a permission is asked for each time: whoever grants it sees the effect at once', async () => {
    const { calls, open } = await failing('VAULT_KMS_DENIED')
    expect(calls).toBe(3)
    expect(await open()).toBe('a token')
  })

  test('because the service is away is asked for each time', async () => {
    const { calls, open } = await failing('VAULT_KMS_UNAVAILABLE')
    expect(calls).toBeGreaterThanOrEqual(3)
    expect(await open()).toBe('a token')
  })
})
