import { KeyManagementServiceClient } from '@google-cloud/kms'
import { credentials } from '@grpc/grpc-js'
import { OAuth2Client } from 'google-auth-library'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../src/internal/bytes.ts'
import { kmsContract } from '../../../src/testing/contracts/kms.ts'
import { gcpKms } from '../../../src/vault/kms/gcp.ts'
import type { Kms } from '../../../src/vault/kms.ts'
import { accessToken, type GcpStandIn, startGcp } from '../support/stand-ins/gcp.ts'
import { startGcpGrpc } from '../support/stand-ins/gcp-grpc.ts'

describe('Google Cloud KMS, the real client over gRPC against a stand-in', () => {
  let service: GcpStandIn
  let server: Awaited<ReturnType<typeof startGcpGrpc>>
  let client: KeyManagementServiceClient
  let name: string
  let kms: Kms
  let other: Kms

  beforeAll(async () => {
    service = await startGcp()
    server = await startGcpGrpc(service)
    client = clientOf(server.port)
    name = service.createKey('main')
    kms = gcpKms({ client, keyName: name })
    other = gcpKms({ client, keyName: service.createKey('other') })
  })
  afterAll(async () => {
    await client.close()
    server.close()
    await service.close()
  })

  const contract = kmsContract({ kms: () => kms, other: () => other, rotate: () => service.rotate(name) })
  for (const { name, run } of contract) test(name, run)

  test('a disabled version is VAULT_KEY_DISABLED, an unknown key VAULT_KEY_UNKNOWN', async () => {
    const fresh = gcpKms({ client, keyName: service.createKey('disabled') })
    const wrapped = await fresh.wrapKey(randomBytes(32))
    service.setEnabled(fresh.keyId, 1, false)
    await expect(fresh.unwrapKey(wrapped)).rejects.toMatchObject({ code: 'VAULT_KEY_DISABLED' })
    const missing = gcpKms({ client, keyName: `${name}-missing` })
    await expect(missing.wrapKey(randomBytes(32))).rejects.toMatchObject({ code: 'VAULT_KEY_UNKNOWN' })
  })

  test('a server that is gone is VAULT_KMS_UNAVAILABLE', async () => {
    const gone = await startGcpGrpc(service)
    gone.close()
    const elsewhere = clientOf(gone.port)
    const call = gcpKms({ client: elsewhere, keyName: name }).wrapKey(randomBytes(32))
    await expect(call).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE', retryable: true })
    await elsewhere.close()
  })
})

function clientOf(port: number): KeyManagementServiceClient {
  // With credentials at hand the client does not look for a metadata server in the network.
  const authClient = new OAuth2Client()
  authClient.setCredentials({ access_token: accessToken })
  const sslCreds = credentials.createInsecure()
  return new KeyManagementServiceClient({ apiEndpoint: '127.0.0.1', port, sslCreds, projectId: 'p1', authClient })
}
