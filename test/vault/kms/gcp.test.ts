import { KeyManagementServiceClient } from '@google-cloud/kms'
import { OAuth2Client } from 'google-auth-library'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { randomBytes, utf8 } from '../../../src/internal/bytes.ts'
import { kmsContract } from '../../../src/testing/contracts/kms.ts'
import { createVault } from '../../../src/vault/index.ts'
import { crc32c } from '../../../src/vault/kms/crc32c.ts'
import { gcpKms } from '../../../src/vault/kms/gcp.ts'
import type { Kms } from '../../../src/vault/kms.ts'
import { accessToken, type GcpStandIn, startGcp } from '../support/stand-ins/gcp.ts'

describe('Google Cloud KMS, the real client against a stand-in', () => {
  let service: GcpStandIn
  let client: KeyManagementServiceClient
  let name: string
  let kms: Kms
  let other: Kms

  beforeAll(async () => {
    service = await startGcp()
    const authClient = new OAuth2Client()
    authClient.setCredentials({ access_token: accessToken })
    client = new KeyManagementServiceClient({
      fallback: true,
      protocol: 'http',
      apiEndpoint: '127.0.0.1',
      port: service.port,
      projectId: 'p1',
      authClient,
    })
    name = service.createKey('main')
    kms = gcpKms({ client, keyName: name })
    other = gcpKms({ client, keyName: service.createKey('other') })
  })
  afterEach(() => expect(service.violations).toEqual([]))
  afterAll(async () => {
    await client.close()
    await service.close()
  })

  const contract = kmsContract({
    kms: () => kms,
    other: () => other,
    rotate: () => service.rotate(name),
    fail(failure) {
      for (let version = 1; version < 5; version++) service.setEnabled(name, version, failure !== 'disabled')
      service.fail(failure === 'disabled' ? undefined : failure)
    },
  })
  for (const { name, run } of contract) test(name, run)

  test('the client is kept from retrying on its own: one request for one call', async () => {
    service.fail('unavailable')
    const before = service.calls.length
    await expect(kms.wrapKey(randomBytes(32))).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' })
    service.fail(undefined)
    expect(service.calls.length - before).toBe(1)
  })

  test('the wrapped key keeps the version that made it', async () => {
    const fresh = gcpKms({ client, keyName: service.createKey('versions') })
    const first = await fresh.wrapKey(randomBytes(32))
    service.rotate(fresh.keyId)
    const second = await fresh.wrapKey(randomBytes(32))
    expect([first, second].map((wrapped) => new DataView(wrapped.buffer, wrapped.byteOffset).getUint32(1))).toEqual([
      1, 2,
    ])
  })

  test('a response with a wrong checksum is rejected, in either direction', async () => {
    const wrapped = await kms.wrapKey(randomBytes(32))
    const failure = { code: 'VAULT_KMS_UNAVAILABLE', retryable: true }
    service.garble(1)
    await expect(kms.wrapKey(randomBytes(32))).rejects.toMatchObject(failure)
    service.garble(1)
    await expect(kms.unwrapKey(wrapped)).rejects.toMatchObject(failure)
    await expect(kms.unwrapKey(wrapped)).resolves.toHaveLength(32)
  })

  test.each([
    ['the plaintext was not verified', { verifiedPlaintextCrc32c: false }],
    ['the associated data was not verified', { verifiedAdditionalAuthenticatedDataCrc32c: false }],
    ['there is no checksum', { ciphertextCrc32c: null }],
    ['another key responds', { name: 'projects/p1/locations/l/keyRings/r/cryptoKeys/other/cryptoKeyVersions/1' }],
    ['no version is named', { name: 'projects/p1/locations/l/keyRings/r/cryptoKeys/k' }],
  ])('a response is rejected when %s', async (_, wrong) => {
    const keyName = 'projects/p1/locations/l/keyRings/r/cryptoKeys/k'
    const ciphertext = randomBytes(60)
    const right = {
      name: `${keyName}/cryptoKeyVersions/1`,
      ciphertext,
      ciphertextCrc32c: { value: crc32c(ciphertext) },
      verifiedPlaintextCrc32c: true,
      verifiedAdditionalAuthenticatedDataCrc32c: true,
    }
    const kmsOf = (response: object) =>
      gcpKms({ keyName, client: { encrypt: async () => [response], decrypt: async () => [{}] } })
    await expect(kmsOf(right).wrapKey(randomBytes(32))).resolves.toBeInstanceOf(Uint8Array)
    const code = 'VAULT_KMS_UNAVAILABLE'
    await expect(kmsOf({ ...right, ...wrong }).wrapKey(randomBytes(32))).rejects.toMatchObject({ code })
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
    const missing = gcpKms({ client, keyName: `${name}-missing` })
    await expect(missing.wrapKey(randomBytes(32))).rejects.toMatchObject({ code: 'VAULT_KEY_UNKNOWN' })
  })

  test('CRC-32C gives the values of RFC 3720 appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
    expect(crc32c(utf8('123456789'))).toBe(0xe3069283)
  })

  test('a key name with a version, or another client, is refused at once', () => {
    const code = 'CONFIG_INVALID'
    expect(() => gcpKms({ client, keyName: `${name}/cryptoKeyVersions/1` })).toThrow(expect.objectContaining({ code }))
    const wrong = {} as KeyManagementServiceClient
    expect(() => gcpKms({ client: wrong, keyName: name })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNSUPPORTED_CLIENT' }),
    )
  })
})
