import type { KeyClient } from '@azure/keyvault-keys'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../src/internal/bytes.ts'
import { kmsContract } from '../../../src/testing/contracts/kms.ts'
import { createVault } from '../../../src/vault/index.ts'
import { azureKms } from '../../../src/vault/kms/azure.ts'
import type { Kms } from '../../../src/vault/kms.ts'
import { azureClient } from '../support/azure-client.ts'
import { type AzureStandIn, startAzure, vaultUrl } from '../support/stand-ins/azure.ts'

describe('Azure Key Vault, the real client against a stand-in', () => {
  let service: AzureStandIn
  let client: KeyClient
  let keyId: string
  let kms: Kms
  let other: Kms

  beforeAll(async () => {
    service = await startAzure()
    client = azureClient(service.url)
    keyId = service.createKey('main')
    kms = azureKms({ client, keyId })
    other = azureKms({ client, keyId: service.createKey('other') })
  })
  afterEach(() => expect(service.violations).toEqual([]))
  afterAll(() => service.close())

  const contract = kmsContract({
    kms: () => kms,
    other: () => other,
    rotate: () => service.rotate('main'),
    fail(failure) {
      for (let version = 1; version < 5; version++) service.setEnabled('main', version, failure !== 'disabled')
      service.fail(failure === 'disabled' ? undefined : failure)
    },
  })
  for (const { name, run } of contract) {
    // With an RSA key the client wraps by itself with the public half, so only unwrapping meets a disabled key.
    if (!name.includes('disabled')) test(name, run)
  }

  describe('a symmetric key of a managed HSM', () => {
    const symmetric = (name: string): Kms =>
      azureKms({ client, keyId: service.createKey(name, 'oct'), algorithm: 'A256KW' })
    const [first, second] = [lazily(() => symmetric('first')), lazily(() => symmetric('second'))]
    const cases = kmsContract({ kms: first, other: second, rotate: () => service.rotate('first') })
    // AES key wrap is deterministic: two wraps of one key are the same, which reveals nothing about a random key.
    for (const { name, run } of cases) if (!name.includes('differs each time')) test(name, run)
  })

  test('a disabled key version is VAULT_KEY_DISABLED', async () => {
    const wrapped = await kms.wrapKey(randomBytes(32))
    for (let version = 1; version < 5; version++) service.setEnabled('main', version, false)
    await expect(kms.unwrapKey(wrapped)).rejects.toMatchObject({ code: 'VAULT_KEY_DISABLED', retryable: false })
    for (let version = 1; version < 5; version++) service.setEnabled('main', version, true)
  })

  test('a new version of the key serves the next wrap, and each wrapped key names its own', async () => {
    service.createKey('versions')
    const fresh = azureKms({ client, keyId: `${vaultUrl}/keys/versions` })
    const first = await fresh.wrapKey(randomBytes(32))
    service.rotate('versions')
    const second = await fresh.wrapKey(randomBytes(32))
    const versions = [first, second].map((wrapped) => Buffer.from(wrapped.subarray(2, 34)).toString())
    expect(versions[0]).not.toBe(versions[1])
    const before = service.calls.length
    await fresh.unwrapKey(first)
    expect(service.calls.slice(before).every(({ path }) => path.includes(versions[0] ?? '-'))).toBe(true)
  })

  test('without the permission to get the key its version cannot be known: VAULT_KMS_DENIED', async () => {
    service.allowGet(false)
    const error = await azureKms({ client: azureClient(service.url), keyId })
      .wrapKey(randomBytes(32))
      .catch((reason: unknown) => reason)
    service.allowGet(true)
    expect(error).toMatchObject({ code: 'VAULT_KMS_DENIED', message: expect.stringContaining('permission to get') })
  })

  test('an RSA key is forgeable, a symmetric one is not', () => {
    expect(kms.forgeable).toBe(true)
    expect(azureKms({ client, keyId, algorithm: 'A256KW' }).forgeable).toBe(false)
  })

  test.each(['dead', 'garbage', 'slow'] as const)(
    'a service that is %s is VAULT_KMS_UNAVAILABLE, within the vault’s time',
    async (fault) => {
      const token = await createVault({ kms }).seal('a token', { ownerId: 'user-1' })
      service.fail(fault)
      const vault = createVault({ kms, timeout: 300 })
      for (const call of [() => vault.open(token, { ownerId: 'user-1' }), () => vault.rewrap(token)])
        await expect(call()).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE', retryable: true })
      service.fail(undefined)
      expect(await createVault({ kms }).open(token, { ownerId: 'user-1' })).toBe('a token')
    },
  )

  test('a key that does not exist is VAULT_KEY_UNKNOWN', async () => {
    const missing = azureKms({ client, keyId: `${vaultUrl}/keys/missing` })
    await expect(missing.wrapKey(randomBytes(32))).rejects.toMatchObject({ code: 'VAULT_KEY_UNKNOWN' })
  })

  test.each([
    ['a version', `${vaultUrl}/keys/main/0123456789abcdef`],
    ['another vault', 'https://elsewhere.vault.azure.net/keys/main'],
    ['no URL', 'main'],
    ['a secret', `${vaultUrl}/secrets/main`],
  ])('a keyId with %s is refused at once', (_, wrong) => {
    const code = 'CONFIG_INVALID'
    expect(() => azureKms({ client, keyId: wrong })).toThrow(expect.objectContaining({ code }))
  })
})

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
