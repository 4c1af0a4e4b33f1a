import { describe, expect, test } from 'vitest'
import { VaultError } from '../../src/errors.ts'
import { randomBytes } from '../../src/internal/bytes.ts'
import { createVault, type EncryptedToken, localKms, type VaultOptions } from '../../src/vault/index.ts'
import { gate, scriptedKms } from './support/scripted-kms.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }
const day = 86_400_000
const hour = 3_600_000
const start = Date.UTC(2026, 10, 1)
const dataKeys = (tokens: readonly EncryptedToken[]) => new Set(tokens.map(({ dataKeyId }) => dataKeyId)).size

function clock(at = start) {
  const self = { at, now: () => self.at }
  return self
}

/** Several vaults over one KMS and one clock, as several processes are. */
function processes(options: Omit<VaultOptions, 'kms'> = {}) {
  const time = clock()
  const kms = scriptedKms()
  const vault = (own: Partial<VaultOptions> = {}) => createVault({ kms, now: time.now, ...options, ...own })
  return { time, kms, vault }
}

describe('the active data key', () => {
  test('one data key serves all seals of a process: one KMS call, also when a thousand come at once', async () => {
    const { kms, vault } = processes()
    const one = vault()
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => one.seal('a token', binding)))
    expect(dataKeys(tokens)).toBe(1)
    expect(kms.calls).toEqual(['wrap'])
  })

  test('after 30 days the next seal has a new data key', async () => {
    const { time, vault } = processes()
    const one = vault()
    const first = await one.seal('a token', binding)
    time.at += 30 * day - 2 * hour
    expect((await one.seal('a token', binding)).dataKeyId).toBe(first.dataKeyId)
    time.at += 2 * hour
    expect((await one.seal('a token', binding)).dataKeyId).not.toBe(first.dataKeyId)
    expect(await one.open(first, binding)).toBe('a token')
  })

  test('rotateAfter shortens that', async () => {
    const { time, vault } = processes({ rotateAfter: 10_000 })
    const one = vault()
    const first = await one.seal('a token', binding)
    time.at += 10_000
    expect((await one.seal('a token', binding)).dataKeyId).not.toBe(first.dataKeyId)
  })

  test('a data key that takes longer to get than it may serve still serves those who wait for it', async () => {
    const { time, kms, vault } = processes({ rotateAfter: 1_000 })
    kms.before = () => {
      time.at += 5_000
    }
    const one = vault()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => one.seal('a token', binding)))
    expect(dataKeys(tokens)).toBe(1)
    expect(kms.calls).toEqual(['wrap'])
  })

  test('no data key seals more than maxSeals tokens, also when all come at once', async () => {
    const { vault } = processes({ maxSeals: 50 })
    const one = vault()
    const tokens = await Promise.all(Array.from({ length: 500 }, () => one.seal('a token', binding)))
    for (let index = 0; index < 100; index++) tokens.push(await one.seal('a token', binding))
    const seals = new Map<string, number>()
    for (const { dataKeyId } of tokens) seals.set(dataKeyId, (seals.get(dataKeyId) ?? 0) + 1)
    expect(Math.max(...seals.values())).toBeLessThanOrEqual(50)
    expect(seals.size).toBeLessThanOrEqual(15)
  })

  test('the default is 2^24 seals', async () => {
    const { vault } = processes()
    await expect(vault().seal('a token', binding)).resolves.toBeDefined()
    expect(() => vault({ maxSeals: 2 ** 24 })).not.toThrow()
  })

  test('rotation makes no seal wait: the next data key is fetched while the present one serves', async () => {
    const { time, kms, vault } = processes()
    const one = vault()
    const first = await one.seal('a token', binding)
    const held = gate()
    kms.before = () => held.opened
    time.at += 30 * day - 30 * 60_000
    const during = await Promise.all(Array.from({ length: 10 }, () => one.seal('a token', binding)))
    expect(dataKeys([first, ...during])).toBe(1)
    await expect.poll(() => kms.calls).toEqual(['wrap', 'wrap'])
    held.open()
    await expect.poll(async () => (await one.seal('a token', binding)).dataKeyId).not.toBe(first.dataKeyId)
  })

  test('when the next data key cannot be had, the present one serves until its end, and the KMS is not pressed', async () => {
    const { time, kms, vault } = processes()
    const one = vault()
    const first = await one.seal('a token', binding)
    kms.before = () => {
      throw new VaultError('VAULT_KMS_DENIED', 'No.')
    }
    time.at += 30 * day - 30 * 60_000
    for (let round = 0; round < 20; round++)
      expect((await one.seal('a token', binding)).dataKeyId).toBe(first.dataKeyId)
    expect(kms.calls).toEqual(['wrap', 'wrap'])
    time.at += 30 * 60_000
    await expect(one.seal('a token', binding)).rejects.toMatchObject({ code: 'VAULT_KMS_DENIED' })
    kms.before = () => {}
    await expect(one.seal('a token', binding)).resolves.toBeDefined()
  })

  test('a clock set back by days ends the use of a data key from the future', async () => {
    const { time, vault } = processes()
    const one = vault()
    const first = await one.seal('a token', binding)
    time.at -= 3 * day
    expect(one.isStale(first)).toBe(true)
    expect((await one.seal('a token', binding)).dataKeyId).not.toBe(first.dataKeyId)
  })
})

describe('adoption of a data key', () => {
  test('a process that has opened a token seals under the same data key', async () => {
    const { kms, vault } = processes()
    const first = await vault().seal('a token', binding)
    const other = vault()
    await other.open(first, binding)
    expect((await other.seal('another', binding)).dataKeyId).toBe(first.dataKeyId)
    expect(kms.calls).toEqual(['wrap', 'unwrap'])
  })

  test('a hundred short-lived processes make one data key', async () => {
    const { kms, vault } = processes()
    let token = await vault().seal('a token', binding)
    for (let round = 0; round < 100; round++) {
      const next = vault()
      token = await next.seal(await next.open(token, binding), binding)
    }
    expect(kms.calls.filter((call) => call === 'wrap')).toHaveLength(1)
  })

  test('the newest of those it has opened is taken', async () => {
    const { time, vault } = processes()
    const tokens: EncryptedToken[] = []
    for (let index = 0; index < 3; index++) {
      tokens.push(await vault().seal('a token', binding))
      time.at += day
    }
    const other = vault()
    for (const index of [1, 2, 0]) await other.open(tokens[index]!, binding)
    expect((await other.seal('another', binding)).dataKeyId).toBe(tokens[2]!.dataKeyId)
  })

  test('one that is over age is not taken', async () => {
    const { time, vault } = processes()
    const first = await vault().seal('a token', binding)
    time.at += 30 * day
    const other = vault()
    await other.open(first, binding)
    expect((await other.seal('another', binding)).dataKeyId).not.toBe(first.dataKeyId)
  })

  test('one that became over age since it was opened is not taken', async () => {
    const { time, vault } = processes()
    const first = await vault().seal('a token', binding)
    const other = vault()
    await other.open(first, binding)
    time.at += 30 * day
    expect((await other.seal('another', binding)).dataKeyId).not.toBe(first.dataKeyId)
  })

  test('one under a retired key is not taken', async () => {
    const old = localKms({ keyId: 'old', key: randomBytes(32) })
    const first = await createVault({ kms: old }).seal('a token', binding)
    const vault = createVault({ kms: localKms({ keyId: 'new', key: randomBytes(32) }), retired: [old] })
    await vault.open(first, binding)
    const second = await vault.seal('another', binding)
    expect(second).toMatchObject({ keyId: 'new' })
    expect(second.dataKeyId).not.toBe(first.dataKeyId)
  })

  test('one that is named by an id of someone’s choice is not taken, and does not open', async () => {
    const { time, vault } = processes()
    const first = await vault().seal('a token', binding)
    const bytes = Buffer.from(first.dataKeyId, 'base64url')
    bytes.writeBigUInt64BE(BigInt(time.at + 1000), 24)
    const other = vault()
    const renamed = { ...first, dataKeyId: bytes.toString('base64url') }
    await expect(other.open(renamed, binding)).rejects.toMatchObject({ code: 'VAULT_DECRYPT_FAILED' })
    expect((await other.seal('another', binding)).encryptedKey).not.toBe(first.encryptedKey)
  })

  test('one whose maker’s clock is five minutes ahead is taken, one that is further ahead is not', async () => {
    for (const [ahead, taken] of [
      [5 * 60_000, true],
      [5 * 60_000 + 1, false],
    ] as const) {
      const { time, vault } = processes()
      time.at += ahead
      const first = await vault().seal('a token', binding)
      time.at -= ahead
      const other = vault()
      await other.open(first, binding)
      expect((await other.seal('another', binding)).dataKeyId === first.dataKeyId).toBe(taken)
    }
  })

  test('with `adopt: false` none is taken', async () => {
    const { vault } = processes()
    const first = await vault().seal('a token', binding)
    const other = vault({ adopt: false })
    await other.open(first, binding)
    expect((await other.seal('another', binding)).dataKeyId).not.toBe(first.dataKeyId)
    expect(() => vault({ adopt: 1 as unknown as boolean })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test('one that this process has used up is not taken again, also when it is unwrapped again', async () => {
    const { time, vault } = processes({ maxSeals: 2 })
    const first = await vault().seal('a token', binding)
    const other = vault()
    await other.open(first, binding)
    const used = [await other.seal('1', binding), await other.seal('2', binding)]
    expect(used.map(({ dataKeyId }) => dataKeyId)).toEqual([first.dataKeyId, first.dataKeyId])
    time.at += 2 * hour
    await other.open(first, binding)
    expect((await other.seal('3', binding)).dataKeyId).not.toBe(first.dataKeyId)
  })

  test('under a KMS that anyone can wrap for, a data key found in a record is never used to seal', async () => {
    const inner = scriptedKms()
    const kms = { ...inner, forgeable: true }
    const planted = await createVault({ kms }).seal('planted', binding)
    const vault = createVault({ kms })
    expect(await vault.open(planted, binding)).toBe('planted')
    expect((await vault.seal('a token', binding)).dataKeyId).not.toBe(planted.dataKeyId)
  })

  test('one made before notBefore is not taken, and its tokens are stale', async () => {
    const { time, vault } = processes()
    const first = await vault().seal('a token', binding)
    time.at += day
    const other = vault({ notBefore: time.at })
    expect(await other.open(first, binding)).toBe('a token')
    const second = await other.seal('another', binding)
    expect(second.dataKeyId).not.toBe(first.dataKeyId)
    expect([first, second].map((token) => other.isStale(token))).toEqual([true, false])
  })

  test('a fresh one that is asked for is made, also when a seal would adopt one at the same moment', async () => {
    const { vault } = processes()
    const first = await vault().seal('a token', binding)
    const other = vault()
    await other.open(first, binding)
    const [fresh] = await Promise.all([other.prepare({ fresh: true }), other.seal('another', binding)])
    expect(fresh.dataKeyId).not.toBe(first.dataKeyId)
    expect((await other.seal('a third', binding)).dataKeyId).toBe(fresh.dataKeyId)
  })

  test('no older one takes the place of a fresh one that was asked for, also before its first seal', async () => {
    const { time, vault } = processes()
    const first = await vault().seal('a token', binding)
    time.at += 1000
    const other = vault()
    const fresh = await other.prepare({ fresh: true })
    expect(await other.offer(first)).toBe(false)
    expect((await other.seal('another', binding)).dataKeyId).toBe(fresh.dataKeyId)
  })

  test('when the adopted key cannot be unwrapped any more, a new one is made', async () => {
    const { time, kms, vault } = processes()
    const first = await vault().seal('a token', binding)
    const other = vault()
    await other.open(first, binding)
    time.at += 2 * hour
    kms.before = (operation) => {
      if (operation === 'unwrap') throw new VaultError('VAULT_KEY_DISABLED', 'No.')
    }
    expect((await other.seal('another', binding)).dataKeyId).not.toBe(first.dataKeyId)
  })
})

describe('adoption while the KMS is away', () => {
  test('fails once, and adopts when it is back', async () => {
    const { time, kms, vault } = processes({ timeout: 300 })
    const first = await vault().seal('a token', binding)
    const other = vault()
    await other.open(first, binding)
    time.at += 2 * hour
    kms.before = () => {
      throw new VaultError('VAULT_KMS_UNAVAILABLE', 'No.')
    }
    await expect(other.seal('another', binding)).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' })
    expect(kms.calls.slice(2)).not.toContain('wrap')
    kms.before = () => {}
    expect((await other.seal('another', binding)).dataKeyId).toBe(first.dataKeyId)
  })
})

describe('opened data keys', () => {
  test('three thousand opens at once under one cold key are one KMS call', async () => {
    const { kms, vault } = processes()
    const token = await vault().seal('a token', binding)
    const other = vault()
    const held = gate()
    kms.before = () => held.opened
    const opens = Array.from({ length: 3000 }, () => other.open(token, binding))
    held.open()
    expect(new Set(await Promise.all(opens))).toEqual(new Set(['a token']))
    expect(kms.calls).toEqual(['wrap', 'unwrap'])
  })

  test('the maker of a data key opens what it sealed without a KMS call', async () => {
    const { kms, vault } = processes()
    const one = vault()
    await one.open(await one.seal('a token', binding), binding)
    expect(kms.calls).toEqual(['wrap'])
  })

  test('a failed call is not remembered, and its callers all get the failure', async () => {
    const { kms, vault } = processes()
    const token = await vault().seal('a token', binding)
    const other = vault()
    kms.before = () => {
      throw new VaultError('VAULT_KMS_DENIED', 'No.')
    }
    const failed = await Promise.allSettled(Array.from({ length: 10 }, () => other.open(token, binding)))
    expect(failed.every(({ status }) => status === 'rejected')).toBe(true)
    expect(kms.calls).toEqual(['wrap', 'unwrap'])
    kms.before = () => {}
    expect(await other.open(token, binding)).toBe('a token')
    expect(kms.calls).toEqual(['wrap', 'unwrap', 'unwrap'])
  })

  test('one caller’s abort ends its own wait only', async () => {
    const { kms, vault } = processes()
    const token = await vault().seal('a token', binding)
    const other = vault()
    const held = gate()
    kms.before = () => held.opened
    const controller = new AbortController()
    const leaving = other.open(token, binding, { signal: controller.signal })
    const staying = other.open(token, binding)
    const reason = new Error('gone')
    controller.abort(reason)
    await expect(leaving).rejects.toBe(reason)
    held.open()
    expect(await staying).toBe('a token')
    expect(kms.calls).toEqual(['wrap', 'unwrap'])
  })

  test('the same holds for the seal that makes a data key', async () => {
    const { kms, vault } = processes()
    const one = vault()
    const held = gate()
    kms.before = () => held.opened
    const controller = new AbortController()
    const leaving = one.seal('a token', binding, { signal: controller.signal })
    const staying = one.seal('a token', binding)
    controller.abort(new Error('gone'))
    await expect(leaving).rejects.toThrow('gone')
    held.open()
    await expect(staying).resolves.toBeDefined()
    expect(kms.calls).toEqual(['wrap'])
  })

  test('they are kept for an hour, and no longer', async () => {
    const { time, kms, vault } = processes()
    const token = await vault().seal('a token', binding)
    const other = vault()
    await other.open(token, binding)
    time.at += hour - 1
    await other.open(token, binding)
    expect(kms.calls).toEqual(['wrap', 'unwrap'])
    time.at += 1
    await other.open(token, binding)
    expect(kms.calls).toEqual(['wrap', 'unwrap', 'unwrap'])
  })

  test('they are no more than cache.maxKeys; the least recently used goes', async () => {
    const { kms, vault } = processes()
    const tokens = [
      await vault().seal('1', binding),
      await vault().seal('2', binding),
      await vault().seal('3', binding),
    ]
    const other = vault({ cache: { maxKeys: 2 } })
    for (const index of [0, 1, 0, 2, 0]) await other.open(tokens[index]!, binding)
    expect(kms.calls.filter((call) => call === 'unwrap')).toHaveLength(3)
    await other.open(tokens[1]!, binding)
    expect(kms.calls.filter((call) => call === 'unwrap')).toHaveLength(4)
  })

  test('a key in the cache opens no token that names another wrapped key', async () => {
    const { vault } = processes()
    const one = vault()
    const token = await one.seal('a token', binding)
    const foreign = await vault().seal('another', binding)
    await expect(one.open({ ...token, encryptedKey: foreign.encryptedKey }, binding)).rejects.toMatchObject({
      code: 'VAULT_DECRYPT_FAILED',
    })
    await expect(one.open({ ...token, keyId: 'other' }, binding)).rejects.toMatchObject({ code: 'VAULT_KEY_UNKNOWN' })
  })

  test('what a KMS unwraps to something else than 32 bytes is no data key', async () => {
    const { vault } = processes()
    const token = await vault().seal('a token', binding)
    for (const length of [0, 16, 31, 33]) {
      const kms = { ...scriptedKms(), unwrapKey: async () => randomBytes(length) }
      await expect(createVault({ kms }).open(token, binding)).rejects.toMatchObject({ code: 'VAULT_DECRYPT_FAILED' })
    }
  })
})
