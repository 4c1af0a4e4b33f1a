import { describe, expect, test, vi } from 'vitest'
import { revise, toRecord } from '../../../src/connections/records/record.ts'
import { createReseal, type ResealProgress } from '../../../src/connections/reseal/reseal.ts'
import { StoreError, VaultError } from '../../../src/errors.ts'
import { randomBytes } from '../../../src/internal/bytes.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { StoredConnection, TokenStore } from '../../../src/stores/store.ts'
import { createVault, type Kms, localKms, type Vault } from '../../../src/vault/index.ts'

const clientId = 'app'
const provider = spotifyProvider
const start = Date.UTC(2026, 10, 1)
const day = 86_400_000

function counted(kms: Kms): Kms & { calls: number } {
  const self = {
    keyId: kms.keyId,
    calls: 0,
    wrapKey: (key: Uint8Array) => {
      self.calls++
      return kms.wrapKey(key)
    },
    unwrapKey: (key: Uint8Array) => {
      self.calls++
      return kms.unwrapKey(key)
    },
  }
  return self
}

const binding = (ownerId: string, field: string) => ({ clientId, provider: provider.id, ownerId, field })
const owners = (count: number) => Array.from({ length: count }, (_, index) => `user-${String(index).padStart(5, '0')}`)

async function fill(store: TokenStore, vaults: readonly Vault[], count: number): Promise<void> {
  for (const [index, ownerId] of owners(count).entries()) {
    const vault = vaults[index % vaults.length]!
    const record: StoredConnection = {
      provider: provider.id,
      ownerId,
      account: '',
      app: clientId,
      revision: `r-${ownerId}`,
      scopes: ['user-library-read'],
      accessToken: await vault.seal(`access of ${ownerId}`, binding(ownerId, 'access')),
      refreshToken: await vault.seal(`refresh of ${ownerId}`, binding(ownerId, 'refresh')),
      expiresAt: start + 3_600_000,
      authorizedAt: start,
      status: 'connected',
      checkAt: start,
      nextCheckAt: start,
      createdAt: start,
      updatedAt: start,
    }
    expect(await store.compareAndSet({ provider: provider.id, ownerId }, undefined, record)).toBe(true)
  }
}

async function all(store: TokenStore): Promise<readonly StoredConnection[]> {
  return await store.list({ provider: provider.id, limit: 100_000 })
}

async function expectAllOpen(store: TokenStore, vault: Vault, count: number): Promise<void> {
  const records = await all(store)
  expect(records).toHaveLength(count)
  for (const { ownerId, accessToken, refreshToken } of records) {
    expect([accessToken.keyId, refreshToken?.keyId]).toEqual([vault.keyId, vault.keyId])
    expect(await vault.open(accessToken, binding(ownerId, 'access'))).toBe(`access of ${ownerId}`)
    expect(await vault.open(refreshToken!, binding(ownerId, 'refresh'))).toBe(`refresh of ${ownerId}`)
  }
}

function setup() {
  let time = start
  const now = () => time
  const oldKms = localKms({ keyId: 'old', key: randomBytes(32) })
  const newKms = localKms({ keyId: 'new', key: randomBytes(32) })
  const [retired, kms] = [counted(oldKms), counted(newKms)]
  const store = memoryStore({ now })
  const vault = createVault({ kms, retired: [retired], now })
  const oldVault = () => createVault({ kms: oldKms, now })
  const reseal = createReseal({ provider, clientId, store, vault, pageSize: 7, now })
  return { store, vault, oldVault, kms, retired, reseal, now, advance: (ms: number) => (time += ms) }
}

describe('reseal', () => {
  test('every connection ends on the new key, with the ciphertext it had', async () => {
    const { store, vault, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 30)
    const before = new Map((await all(store)).map((record) => [record.ownerId, record]))
    expect(await reseal.run()).toMatchObject({ done: 30, changed: 30, failed: 0 })
    await expectAllOpen(store, vault, 30)
    for (const record of await all(store)) {
      const { encryptedData, nonce, dataKeyId } = before.get(record.ownerId)!.accessToken
      expect(record.accessToken).toMatchObject({ encryptedData, nonce, dataKeyId })
      expect(record.revision).not.toBe(before.get(record.ownerId)!.revision)
    }
  })

  test('each distinct wrapped key costs one call of the old key and one of the new', async () => {
    const { store, oldVault, reseal, kms, retired } = setup()
    await fill(store, [oldVault(), oldVault(), oldVault()], 60)
    await reseal.run()
    expect([retired.calls, kms.calls]).toEqual([3, 3])
  })

  test('a second run finds nothing to do and writes nothing', async () => {
    const { store, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 20)
    await reseal.run()
    const before = await all(store)
    expect(await reseal.run()).toMatchObject({ done: 20, changed: 0, failed: 0 })
    expect(await all(store)).toEqual(before)
  })

  test('a token whose data key is over age is sealed anew', async () => {
    const { store, vault, reseal, advance } = setup()
    await fill(store, [vault], 10)
    const before = (await all(store))[0]!
    advance(31 * day)
    expect(await reseal.run()).toMatchObject({ done: 10, changed: 10 })
    const after = (await all(store))[0]!
    expect(after.accessToken.dataKeyId).not.toBe(before.accessToken.dataKeyId)
    expect(vault.isStale(after.accessToken)).toBe(false)
    await expectAllOpen(store, vault, 10)
  })

  test('after a leak every token is sealed anew, under a data key that the old key never wrapped', async () => {
    const { store, oldVault, kms, retired, now, advance } = setup()
    const before = oldVault()
    await fill(store, [before], 10)
    const leaked = new Set((await all(store)).map(({ accessToken }) => accessToken.dataKeyId))
    advance(day)
    const vault = createVault({ kms, retired: [retired], notBefore: now(), now })
    // Another process has already moved one of the old data keys to the new key.
    const rewrapped = await vault.rewrap((await all(store))[0]!.accessToken)
    await vault.open(rewrapped, binding('user-00000', 'access'))
    await createReseal({ provider, clientId, store, vault, now }).run()
    await expectAllOpen(store, vault, 10)
    for (const { accessToken, refreshToken } of await all(store))
      expect([accessToken, refreshToken!].some(({ dataKeyId }) => leaked.has(dataKeyId))).toBe(false)
  })

  test('with onlyKey an over-age data key stays, and connections under the current key are not even read', async () => {
    const { store, vault, oldVault, reseal, advance } = setup()
    await fill(store, [vault, oldVault()], 10)
    advance(31 * day)
    expect(await reseal.run({ onlyKey: true })).toMatchObject({ done: 5, changed: 5 })
    await expectAllOpen(store, vault, 10)
  })

  test('with newestVersion tokens under the current key are rewrapped too', async () => {
    const { store, vault, reseal, kms } = setup()
    await fill(store, [vault], 10)
    const before = (await all(store))[0]!
    const calls = kms.calls
    expect(await reseal.run({ newestVersion: true })).toMatchObject({ done: 10, changed: 10 })
    // One data key for what is sealed from here on; out of the old wrapping, into the new one.
    expect(kms.calls - calls).toBe(3)
    expect((await all(store))[0]!.accessToken.encryptedKey).not.toBe(before.accessToken.encryptedKey)
    await expectAllOpen(store, vault, 10)
  })

  test('a connection under a live lease is left alone until the lease has ended', async () => {
    const { store, vault, oldVault, reseal, advance } = setup()
    await fill(store, [oldVault()], 3)
    const leased = (await all(store))[1]!
    const held = revise(toRecord(leased, start), { lease: { owner: 'another', id: 'held', length: 15_000 } }, start)
    expect(await store.compareAndSet(leased, leased.revision, held)).toBe(true)

    const [compareAndSet, get] = [store.compareAndSet.bind(store), store.get.bind(store)]
    const written: string[] = []
    let looks = 0
    store.compareAndSet = (id, ...rest) => {
      written.push(id.ownerId)
      return compareAndSet(id, ...rest)
    }
    store.get = (id, options) => {
      if (id.ownerId === leased.ownerId) looks++
      return get(id, options)
    }
    const running = reseal.run()
    await vi.waitUntil(() => looks >= 2, { timeout: 10_000 })
    expect(written.sort()).toEqual(['user-00000', 'user-00002'])
    advance(15_000)
    expect(await running).toMatchObject({ done: 3, changed: 3, failed: 0 })
    expect(written).toHaveLength(3)
    await expectAllOpen(store, vault, 3)
  })

  test('a lease that is given back early is noticed early', async () => {
    const { store, vault, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 1)
    const record = (await all(store))[0]!
    const held = revise(toRecord(record, start), { lease: { owner: 'another', id: 'held', length: 19_000 } }, start)
    await store.compareAndSet(record, record.revision, held)
    const get = store.get.bind(store)
    store.get = async (id, options) => {
      const stored = await get(id, options)
      if (stored?.lease !== undefined) {
        await store.compareAndSet(id, stored.revision, revise(toRecord(stored, start), { lease: undefined }, start))
      }
      return stored
    }
    const from = performance.now()
    expect(await reseal.run()).toMatchObject({ done: 1, changed: 1 })
    expect(performance.now() - from).toBeLessThan(10_000)
    await expectAllOpen(store, vault, 1)
  })

  test('a lease further ahead than a lease lasts is not believed', async () => {
    const { store, vault, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 1)
    const record = (await all(store))[0]!
    const odd = revise(
      toRecord(record, start),
      { lease: { owner: 'a clock in the future', id: 'held', length: day } },
      start,
    )
    await store.compareAndSet(record, record.revision, odd)
    expect(await reseal.run()).toMatchObject({ changed: 1 })
    await expectAllOpen(store, vault, 1)
  })

  test('a write that loses to a refresh takes the refresh’s new tokens along', async () => {
    const { store, vault, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 5)
    const refreshing = oldVault()
    const compareAndSet = store.compareAndSet.bind(store)
    let raced = false
    store.compareAndSet = async (id, expected, next, options) => {
      if (!raced) {
        raced = true
        const stored = (await store.get(id))!
        const token = await refreshing.seal('rotated', binding(id.ownerId, 'refresh'))
        await compareAndSet(id, stored.revision, revise(toRecord(stored, start), { refreshToken: token }, start))
      }
      return await compareAndSet(id, expected, next, options)
    }
    expect(await reseal.run()).toMatchObject({ done: 5, changed: 5, failed: 0 })
    const records = await all(store)
    const opened = await Promise.all(
      records.map(({ ownerId, refreshToken }) => vault.open(refreshToken!, binding(ownerId, 'refresh'))),
    )
    expect(opened.filter((token) => token === 'rotated')).toHaveLength(1)
    expect(records.every(({ refreshToken }) => refreshToken?.keyId === 'new')).toBe(true)
  })

  test('a connection that is removed meanwhile stays removed', async () => {
    const { store, vault, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 4)
    const compareAndSet = store.compareAndSet.bind(store)
    let removed: string | undefined
    store.compareAndSet = async (id, expected, next, options) => {
      if (removed === undefined) {
        removed = id.ownerId
        await compareAndSet(id, expected, undefined)
      }
      return await compareAndSet(id, expected, next, options)
    }
    expect(await reseal.run()).toMatchObject({ done: 4, changed: 3, failed: 0 })
    expect((await all(store)).map(({ ownerId }) => ownerId)).not.toContain(removed)
    await expectAllOpen(store, vault, 3)
  })

  test('a connection that does not open affects no other, and is reported by its owner and code', async () => {
    const { store, vault, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 9)
    const record = (await all(store))[4]!
    const stranger = createVault({ kms: localKms({ keyId: 'stranger', key: randomBytes(32) }) })
    const accessToken = await stranger.seal('x', binding(record.ownerId, 'access'))
    await store.compareAndSet(record, record.revision, revise(toRecord(record, start), { accessToken }, start))
    const failed: unknown[] = []
    reseal.on('failed', (failure) => failed.push(failure))
    expect(await reseal.run()).toMatchObject({ done: 9, changed: 8, failed: 1 })
    expect(failed).toEqual([{ ownerId: record.ownerId, code: 'VAULT_KEY_UNKNOWN' }])
    expect((await all(store)).filter(({ refreshToken }) => refreshToken?.keyId === vault.keyId)).toHaveLength(8)
  })

  test('a key service that refuses ends the run with its error; a later run goes on', async () => {
    const { store, oldVault, vault, retired } = setup()
    await fill(store, [oldVault()], 10)
    const unwrapKey = () => Promise.reject(new VaultError('VAULT_KMS_DENIED', 'No.'))
    const denied = { ...retired, unwrapKey }
    const kms = localKms({ keyId: 'new', key: randomBytes(32) })
    const refusing = createReseal({ provider, clientId, store, vault: createVault({ kms, retired: [denied] }) })
    await expect(refusing.run()).rejects.toMatchObject({ code: 'VAULT_KMS_DENIED' })
    expect((await all(store)).every(({ accessToken }) => accessToken.keyId === 'old')).toBe(true)
    await createReseal({ provider, clientId, store, vault }).run()
    await expectAllOpen(store, vault, 10)
  })

  test('a store that fails for a moment is tried again, also when the failed write had arrived', async () => {
    const { store, vault, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 5)
    const compareAndSet = store.compareAndSet.bind(store)
    let failures = 0
    store.compareAndSet = async (id, expected, next, options) => {
      const written = await compareAndSet(id, expected, next, options)
      if (failures++ < 2) throw new StoreError('STORE_UNAVAILABLE', 'The response was lost.')
      return written
    }
    expect(await reseal.run()).toMatchObject({ done: 5, failed: 0 })
    await expectAllOpen(store, vault, 5)
  })

  test('an abort ends the run with the caller’s reason, and the next run finishes it', async () => {
    const { store, vault, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 40)
    const controller = new AbortController()
    const reason = new Error('shutting down')
    const seen: ResealProgress[] = []
    const stop = reseal.on('progress', (progress) => {
      seen.push(progress)
      if (progress.done >= 14) controller.abort(reason)
    })
    await expect(reseal.run({ signal: controller.signal })).rejects.toBe(reason)
    stop()
    expect(await reseal.run({ after: seen.at(-1)?.after })).toMatchObject({ done: 26, changed: 26 })
    await expectAllOpen(store, vault, 40)
  })

  test('progress reports done, total, rate and where to go on; the end is emitted once', async () => {
    const { store, oldVault, reseal } = setup()
    await fill(store, [oldVault()], 20)
    const progress: ResealProgress[] = []
    const rotated: unknown[] = []
    reseal.on('progress', (event) => progress.push(event))
    reseal.on('key.rotated', (event) => rotated.push(event))
    await reseal.run({ total: 20 })
    expect(progress.map(({ done }) => done)).toEqual([7, 14, 20])
    expect(progress.every(({ total, rate }) => total === 20 && rate > 0)).toBe(true)
    expect(progress.at(-1)?.after).toBe('user-00019')
    expect(rotated).toEqual([expect.objectContaining({ keyId: 'new', done: 20, failed: 0 })])
  })
})
