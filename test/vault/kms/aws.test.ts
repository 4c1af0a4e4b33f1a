import { KMS } from '@aws-sdk/client-kms'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../src/internal/bytes.ts'
import { kmsContract } from '../../../src/testing/contracts/kms.ts'
import { type AwsKmsClient, awsKms } from '../../../src/vault/kms/aws.ts'
import type { Kms } from '../../../src/vault/kms.ts'
import { type AwsStandIn, credentials, region, startAws } from '../support/stand-ins/aws.ts'

describe('AWS KMS, the real client against a stand-in', () => {
  let service: AwsStandIn
  let client: KMS
  let arn: string
  let kms: Kms
  let other: Kms

  beforeAll(async () => {
    service = await startAws()
    client = new KMS({ region, credentials, endpoint: service.url, maxAttempts: 1 })
    arn = service.createKey()
    kms = awsKms({ client, keyId: arn })
    other = awsKms({ client, keyId: service.createKey() })
  })
  afterEach(() => expect(service.violations).toEqual([]))
  afterAll(async () => {
    client.destroy()
    await service.close()
  })

  const contract = kmsContract({
    kms: () => kms,
    other: () => other,
    rotate: () => service.rotate(arn),
    fail(failure) {
      service.setEnabled(arn, failure !== 'disabled')
      service.fail(failure === 'disabled' ? undefined : failure)
    },
  })
  for (const { name, run } of contract) test(name, run)

  test('rewrapping is one ReEncrypt, also from another key of the same client', async () => {
    const dataKey = randomBytes(32)
    const wrapped = await other.wrapKey(dataKey)
    const before = service.calls.length
    expect(kms.canRewrapFrom?.(other)).toBe(true)
    const rewrapped = await kms.rewrapKey?.(wrapped, { source: other })
    expect(service.calls.slice(before).map(({ headers }) => headers['x-amz-target'])).toEqual([
      'TrentService.ReEncrypt',
    ])
    expect(await kms.unwrapKey(rewrapped ?? new Uint8Array())).toEqual(dataKey)
  })

  test('a key of another client, or of no AWS client, cannot be rewrapped from inside', () => {
    const elsewhere = new KMS({ region, credentials, endpoint: service.url })
    expect(kms.canRewrapFrom?.(awsKms({ client: elsewhere, keyId: other.keyId }))).toBe(false)
    expect(kms.canRewrapFrom?.({ keyId: 'x', wrapKey: other.wrapKey, unwrapKey: other.unwrapKey })).toBe(false)
    elsewhere.destroy()
  })

  test('a key that does not exist is VAULT_KEY_UNKNOWN, wrong credentials are VAULT_KMS_DENIED', async () => {
    const missing = awsKms({ client, keyId: `${arn}0` })
    await expect(missing.wrapKey(randomBytes(32))).rejects.toMatchObject({
      code: 'VAULT_KEY_UNKNOWN',
      retryable: false,
    })
    const stranger = new KMS({ region, endpoint: service.url, credentials: () => Promise.reject(credentialsError()) })
    const denied = awsKms({ client: stranger, keyId: arn }).wrapKey(randomBytes(32))
    await expect(denied).rejects.toMatchObject({ code: 'VAULT_KMS_DENIED', retryable: false })
    stranger.destroy()
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

  test('the cause has the reason, the status and the request id for the operator, and not the message', async () => {
    service.fail('denied')
    const error = await kms.wrapKey(randomBytes(32)).catch((reason: unknown) => reason)
    service.fail(undefined)
    expect((error as Error).cause).toMatchObject({
      message: expect.stringMatching(/^AWS KMS, AccessDeniedException, status 400, request [\w-]{36}$/),
    })
  })

  test('an abort ends a call that hangs', async () => {
    service.fail('slow')
    const controller = new AbortController()
    const call = kms.wrapKey(randomBytes(32), { signal: controller.signal })
    controller.abort()
    await expect(call).rejects.toMatchObject({ name: 'VaultError' })
    service.fail(undefined)
  })

  test('a client without the methods is refused at once', () => {
    const client = { send: async () => ({}) } as unknown as AwsKmsClient
    const code = 'CONFIG_UNSUPPORTED_CLIENT'
    expect(() => awsKms({ client, keyId: 'arn' })).toThrow(expect.objectContaining({ code }))
  })
})

function credentialsError(): Error {
  return Object.assign(new Error('no credentials here'), { name: 'CredentialsProviderError' })
}
