import { KMS } from '@aws-sdk/client-kms'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../src/internal/bytes.ts'
import { createVault, type Kms, localKms } from '../../../src/vault/index.ts'
import { awsKms } from '../../../src/vault/kms/aws.ts'
import { vaultTransitKms } from '../../../src/vault/kms/vault-transit.ts'
import { type AwsStandIn, credentials, region, startAws } from '../support/stand-ins/aws.ts'
import { startTransit, type TransitStandIn } from '../support/stand-ins/transit.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }

describe('key services under a vault', () => {
  let aws: AwsStandIn
  let client: KMS
  let transit: TransitStandIn
  let transitKms: Kms
  const arns: string[] = []

  beforeAll(async () => {
    aws = await startAws()
    client = new KMS({ region, credentials, endpoint: aws.url, maxAttempts: 1 })
    arns.push(aws.createKey(), aws.createKey())
    transit = await startTransit()
    transit.createKey('main')
    transitKms = vaultTransitKms({ url: transit.url, token: [...transit.tokens][0] ?? '', keyName: 'main' })
  })
  afterEach(() => {
    for (const service of [aws, transit]) {
      service.fail(undefined)
      expect(service.violations).toEqual([])
    }
  })
  afterAll(async () => {
    client.destroy()
    await Promise.all([aws.close(), transit.close()])
  })

  const arn = (index: number): string => arns[index] ?? ''

  test('a service that throttles or disconnects for a moment is tried again', async () => {
    for (const [service, kms] of [
      [aws, awsKms({ client, keyId: arn(0) })],
      [transit, transitKms],
    ] as const)
      for (const fault of ['throttled', 'unavailable', 'dead', 'garbage'] as const) {
        service.fail(fault, 2)
        const token = await createVault({ kms }).seal('a token', binding)
        expect(await createVault({ kms }).open(token, binding)).toBe('a token')
      }
  })

  test('a service that never responds costs one timeout, however many callers wait', async () => {
    const vault = createVault({ kms: transitKms, timeout: 300 })
    const token = await createVault({ kms: transitKms }).seal('a token', binding)
    transit.fail('slow')
    const before = transit.calls.length
    const from = performance.now()
    const opens = await Promise.allSettled(Array.from({ length: 50 }, () => vault.open(token, binding)))
    expect(performance.now() - from).toBeLessThan(2_000)
    for (const open of opens) expect(open).toMatchObject({ reason: { code: 'VAULT_KMS_UNAVAILABLE', retryable: true } })
    expect(transit.calls.length - before).toBe(1)
  })

  test('three thousand opens at once are one request to the service', async () => {
    const kms = awsKms({ client, keyId: arn(0) })
    const token = await createVault({ kms }).seal('a token', binding)
    const before = aws.calls.length
    const vault = createVault({ kms })
    await Promise.all(Array.from({ length: 3000 }, () => vault.open(token, binding)))
    expect(aws.calls.length - before).toBe(1)
  })

  test('a rotation between two AWS keys is one ReEncrypt, and Decrypt is never called', async () => {
    const [old, kms] = [awsKms({ client, keyId: arn(0) }), awsKms({ client, keyId: arn(1) })]
    const token = await createVault({ kms: old }).seal('a token', binding)
    const before = aws.calls.length
    const moved = await createVault({ kms, retired: [old] }).rewrap(token)
    expect(aws.calls.slice(before).map(({ headers }) => headers['x-amz-target'])).toEqual(['TrentService.ReEncrypt'])
    expect(await createVault({ kms }).open(moved, binding)).toBe('a token')
  })

  test('a rotation from one kind of service to another unwraps here and wraps there', async () => {
    const local = localKms({ keyId: 'local', key: randomBytes(32) })
    const token = await createVault({ kms: local }).seal('a token', binding)
    const first = await createVault({ kms: transitKms, retired: [local] }).rewrap(token)
    const second = await createVault({ kms: awsKms({ client, keyId: arn(0) }), retired: [transitKms] }).rewrap(first)
    expect(second).toMatchObject({ nonce: token.nonce, encryptedData: token.encryptedData, keyId: arn(0) })
    expect(await createVault({ kms: awsKms({ client, keyId: arn(0) }) }).open(second, binding)).toBe('a token')
  })

  test('a new version of a transit key is reached by rewrap, inside the server', async () => {
    const vault = createVault({ kms: transitKms })
    const token = await vault.seal('a token', binding)
    transit.rotate('main')
    const before = transit.calls.length
    const moved = await vault.rewrap(token)
    expect(transit.calls.slice(before).map(({ path }) => path)).toEqual(['/v1/transit/rewrap/main'])
    transit.setMinDecryptionVersion('main', 2)
    await expect(createVault({ kms: transitKms }).open(token, binding)).rejects.toMatchObject({
      code: 'VAULT_KEY_DISABLED',
    })
    expect(await createVault({ kms: transitKms }).open(moved, binding)).toBe('a token')
    transit.setMinDecryptionVersion('main', 1)
  })

  test('no user, token or plaintext is in any request', () => {
    const sent = [...aws.calls, ...transit.calls]
      .map(({ path, headers, body }) => path + JSON.stringify(headers) + body)
      .join()
    expect(sent.length).toBeGreaterThan(1000)
    for (const private_ of ['user-1', 'spotify', 'a token', Buffer.from('a token').toString('base64')])
      expect(sent).not.toContain(private_)
  })
})
