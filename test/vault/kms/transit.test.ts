import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../src/internal/bytes.ts'
import { kmsContract } from '../../../src/testing/contracts/kms.ts'
import { vaultTransitKms } from '../../../src/vault/kms/vault-transit.ts'
import type { Kms } from '../../../src/vault/kms.ts'
import { startTransit, type TransitStandIn } from '../support/stand-ins/transit.ts'

describe('HashiCorp Vault transit, against a stand-in', () => {
  let service: TransitStandIn
  let token: string
  let kms: Kms
  let other: Kms

  beforeAll(async () => {
    service = await startTransit()
    token = [...service.tokens][0] ?? ''
    for (const name of ['main', 'other', 'old']) service.createKey(name)
    kms = vaultTransitKms({ url: service.url, token, keyName: 'main' })
    other = vaultTransitKms({ url: service.url, token, keyName: 'other' })
  })
  afterEach(() => expect(service.violations).toEqual([]))
  afterAll(() => service.close())

  const contract = kmsContract({
    kms: () => kms,
    other: () => other,
    rotate: () => service.rotate('main'),
    fail(failure) {
      if (failure === 'disabled') service.setMinDecryptionVersion('main', 1_000)
      else service.setMinDecryptionVersion('main', 1)
      service.fail(failure === 'disabled' ? undefined : failure)
    },
  })
  // A raised min_decryption_version does not keep the server from encrypting under the newest version.
  for (const { name, run } of contract) if (!name.includes('disabled')) test(name, run)

  test('the three errors about versions are three operator actions', async () => {
    const old = vaultTransitKms({ url: service.url, token, keyName: 'old' })
    const first = await old.wrapKey(randomBytes(32))
    service.rotate('old')
    const second = await old.wrapKey(randomBytes(32))

    service.setMinDecryptionVersion('old', 2)
    const tooOld = await old.unwrapKey(first).catch((error: unknown) => error)
    expect(tooOld).toMatchObject({
      code: 'VAULT_KEY_DISABLED',
      message: expect.stringContaining('min_decryption_version'),
    })
    service.setMinDecryptionVersion('old', 1)

    service.forgetNewest('old')
    const tooNew = await old.unwrapKey(second).catch((error: unknown) => error)
    expect(tooNew).toMatchObject({ code: 'VAULT_KEY_UNKNOWN', message: expect.stringContaining('backup') })

    service.setPrefix('old', 'corp:v')
    const noPrefix = await old.unwrapKey(first).catch((error: unknown) => error)
    expect(noPrefix).toMatchObject({ code: 'VAULT_MALFORMED', message: expect.stringContaining('template') })
    await expect(old.wrapKey(randomBytes(32))).rejects.toMatchObject({ code: 'VAULT_KMS_DENIED' })
    service.setPrefix('old', 'vault:v')
  })

  test('a refused token is renewed once, and the call goes on', async () => {
    const rejections: (string | undefined)[] = []
    const renewed = `hvs.${'n'.repeat(16)}`
    const renewing = vaultTransitKms({
      url: service.url,
      keyName: 'main',
      token: ({ rejected }) => {
        rejections.push(rejected)
        if (rejected === undefined) return 'expired-token'
        service.tokens.add(renewed)
        return renewed
      },
    })
    const dataKey = randomBytes(32)
    expect(await kms.unwrapKey(await renewing.wrapKey(dataKey))).toEqual(dataKey)
    expect(rejections).toEqual([undefined, 'expired-token'])
  })

  test('a token that stays refused is VAULT_KMS_DENIED, and shows nowhere', async () => {
    const stale = vaultTransitKms({ url: service.url, keyName: 'main', token: () => 'a-refused-token' })
    const before = service.calls.length
    const error = await stale.wrapKey(randomBytes(32)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'VAULT_KMS_DENIED', retryable: false })
    expect(service.calls.length - before).toBe(1)
    expect(`${(error as Error).stack}${JSON.stringify(error)}${String((error as Error).cause)}`).not.toContain(
      'a-refused',
    )
  })

  test('an unknown key or mount is VAULT_KEY_UNKNOWN', async () => {
    const code = 'VAULT_KEY_UNKNOWN'
    const key = vaultTransitKms({ url: service.url, token, keyName: 'missing' })
    await expect(key.wrapKey(randomBytes(32))).rejects.toMatchObject({ code })
    const mount = vaultTransitKms({ url: service.url, token, keyName: 'main', mount: 'team/transit' })
    await expect(mount.wrapKey(randomBytes(32))).rejects.toMatchObject({ code })
    expect(mount.keyId).toBe('vault-transit:team/transit/main')
  })

  test('a connection that breaks or a response that is not JSON is VAULT_KMS_UNAVAILABLE', async () => {
    for (const fault of ['dead', 'garbage'] as const) {
      service.fail(fault)
      await expect(kms.wrapKey(randomBytes(32))).rejects.toMatchObject({
        code: 'VAULT_KMS_UNAVAILABLE',
        retryable: true,
      })
      service.fail(undefined)
    }
  })

  test('a ciphertext made with a public key is refused', async () => {
    const body = { data: { ciphertext: `vault:v1:${Buffer.alloc(256, 7).toString('base64')}` } }
    const rsa = vaultTransitKms({ url: service.url, token, keyName: 'main', fetch: async () => Response.json(body) })
    await expect(rsa.wrapKey(randomBytes(32))).rejects.toMatchObject({ code: 'VAULT_KMS_DENIED' })
  })

  test('a namespace and a derivation context go along', async () => {
    const sent: Request[] = []
    const fetch = async (...request: ConstructorParameters<typeof Request>) => {
      sent.push(new Request(...request))
      return Response.json({ data: { ciphertext: `vault:v1:${Buffer.alloc(60, 7).toString('base64')}` } })
    }
    const derived = vaultTransitKms({
      url: 'https://vault.test',
      token,
      keyName: 'k',
      namespace: 'team',
      context: 'YQ==',
      fetch,
    })
    await derived.wrapKey(randomBytes(32))
    expect(sent[0]?.headers.get('x-vault-namespace')).toBe('team')
    expect(await sent[0]?.json()).toMatchObject({ context: 'YQ==' })
  })

  test.each([
    ['http elsewhere', { url: 'http://vault.internal:8200' }, 'CONFIG_ENDPOINT'],
    ['http on another address of this machine', { url: 'http://127.0.0.2:8200' }, 'CONFIG_ENDPOINT'],
    ['http on a name that looks like loopback', { url: 'http://127.0.0.1.evil.com' }, 'CONFIG_ENDPOINT'],
    ['no url', { url: 'vault' }, 'CONFIG_ENDPOINT'],
    ['a path in the key name', { url: 'https://vault.test', keyName: '../sys/seal' }, 'CONFIG_INVALID'],
    ['dots in the mount', { url: 'https://vault.test', mount: '../sys' }, 'CONFIG_INVALID'],
  ])('%s is refused at once', (_, options, code) => {
    expect(() => vaultTransitKms({ token, keyName: 'main', ...options })).toThrow(expect.objectContaining({ code }))
  })
})
