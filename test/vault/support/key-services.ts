import { randomBytes } from 'node:crypto'
import { KMS } from '@aws-sdk/client-kms'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import { OAuth2Client } from 'google-auth-library'
import { type Kms, localKms } from '../../../src/vault/index.ts'
import { awsKms } from '../../../src/vault/kms/aws.ts'
import { azureKms } from '../../../src/vault/kms/azure.ts'
import { gcpKms } from '../../../src/vault/kms/gcp.ts'
import { vaultTransitKms } from '../../../src/vault/kms/vault-transit.ts'
import { azureClient } from './azure-client.ts'
import { credentials, region, startAws } from './stand-ins/aws.ts'
import { startAzure, vaultUrl } from './stand-ins/azure.ts'
import { accessToken, startGcp } from './stand-ins/gcp.ts'
import { startTransit } from './stand-ins/transit.ts'

/** One kind of key service, with as many keys as a test needs. */
export interface KeyService {
  /** A new key, of a name that no other has. */
  createKey(): Kms
  /** A new version of the key, where the service has versions. */
  rotate(kms: Kms): void
  close(): Promise<void>
}

let keys = 0
const newName = (): string => `key-${keys++}`

/** Every adapter, its own client against the stand-in of its service. */
export const keyServices: Readonly<Record<string, () => Promise<KeyService>>> = {
  'local key': async () => ({
    createKey: () => localKms({ keyId: newName(), key: new Uint8Array(randomBytes(32)) }),
    rotate() {},
    close: async () => {},
  }),

  async AWS() {
    const service = await startAws()
    const client = new KMS({ region, credentials, endpoint: service.url, maxAttempts: 1 })
    return {
      createKey: () => awsKms({ client, keyId: service.createKey() }),
      rotate: ({ keyId }) => service.rotate(keyId),
      async close() {
        client.destroy()
        await service.close()
      },
    }
  },

  async Google() {
    const service = await startGcp()
    const authClient = new OAuth2Client()
    authClient.setCredentials({ access_token: accessToken })
    const address = { fallback: true, protocol: 'http', apiEndpoint: '127.0.0.1', port: service.port }
    const client = new KeyManagementServiceClient({ ...address, projectId: 'p1', authClient })
    return {
      createKey: () => gcpKms({ client, keyName: service.createKey(newName()) }),
      rotate: ({ keyId }) => service.rotate(keyId),
      async close() {
        await client.close()
        await service.close()
      },
    }
  },

  'Azure, RSA': () => azure('RSA'),
  'Azure, A256KW': () => azure('oct'),

  async transit() {
    const service = await startTransit()
    const token = [...service.tokens][0] ?? ''
    return {
      createKey() {
        const keyName = newName()
        service.createKey(keyName)
        return vaultTransitKms({ url: service.url, token, keyName })
      },
      rotate: ({ keyId }) => service.rotate(keyId.split('/').at(-1) ?? ''),
      close: () => service.close(),
    }
  },
}

async function azure(kind: 'RSA' | 'oct'): Promise<KeyService> {
  const service = await startAzure()
  const client = azureClient(service.url)
  const algorithm = kind === 'RSA' ? 'RSA-OAEP-256' : 'A256KW'
  return {
    createKey: () => azureKms({ client, keyId: service.createKey(newName(), kind), algorithm }),
    rotate: ({ keyId }) => service.rotate(keyId.slice(`${vaultUrl}/keys/`.length)),
    close: () => service.close(),
  }
}
